// Command sample-service greets.
package main

import (
	"fmt"
	"os"

	"example.com/acme/sample-service/internal/app"
)

func main() {
	if err := app.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "sample-service:", err)
		os.Exit(1)
	}
}
