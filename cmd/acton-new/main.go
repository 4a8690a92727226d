// Command acton-new makes a Go service that is ready for production: code, tests, Dockerfile and documents.
package main

import (
	"os"
	"runtime/debug"

	"github.com/acton-go/acton-new/templates"
)

func main() {
	// A run lives for a moment and needs little: collecting at every 4 MB would take a tenth of its time.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(start(deps{templates: templates.Files, version: buildVersion()}))
}
