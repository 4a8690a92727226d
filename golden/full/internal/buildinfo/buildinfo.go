// Package buildinfo identifies the running build.
package buildinfo

// The Makefile and the Dockerfile set these variables with the linker.
var (
	version = "development"
	commit  = "unknown"
)

// Info describes a build.
type Info struct{ Version, Commit string }

// Get returns the running build.
func Get() Info { return Info{Version: version, Commit: commit} }
