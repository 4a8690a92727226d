// Command acton-new creates a production-ready Go service: code, tests, Dockerfile and documents.
package main

import (
	"os"
	"runtime/debug"

	"github.com/acton-go/acton-new/templates"
)

func main() {
	// The process is short-lived and small. With the default GOGC, garbage collection takes a tenth of the run time.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(start(deps{templates: templates.Files, version: buildVersion()}))
}
