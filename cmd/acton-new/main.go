// Command acton-new makes a Go service that is ready for production: code, tests, Dockerfile and documents.
package main

import (
	"os"

	"github.com/acton-go/acton-new/templates"
)

func main() {
	os.Exit(start(deps{templates: templates.Files, version: buildVersion()}))
}
