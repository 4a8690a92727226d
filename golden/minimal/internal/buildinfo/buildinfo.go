// Package buildinfo identifies the running build. Release builds set the variables with the linker:
//
//	go build -ldflags "-X github.com/acme/billing-api/internal/buildinfo.version=v1.2.3"
//
// Other builds use what the go command recorded in the binary.
package buildinfo

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// The linker sets these variables.
var (
	version string
	commit  string
	date    string
)

// Info describes a build.
type Info struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Time    string `json:"time"`
	Go      string `json:"go"`
}

// Get returns the running build.
func Get() Info {
	recorded, _ := debug.ReadBuildInfo()
	return resolve(Info{Version: version, Commit: commit, Time: date, Go: runtime.Version()}, recorded)
}

// resolve fills the empty fields of info from what the go command recorded.
func resolve(info Info, recorded *debug.BuildInfo) Info {
	if recorded != nil {
		settings := make(map[string]string, len(recorded.Settings))
		for _, s := range recorded.Settings {
			settings[s.Key] = s.Value
		}
		if info.Version == "" && recorded.Main.Version != "(devel)" {
			info.Version = recorded.Main.Version
		}
		if info.Commit == "" && settings["vcs.revision"] != "" {
			info.Commit = settings["vcs.revision"]
			if settings["vcs.modified"] == "true" {
				info.Commit += "-modified"
			}
		}
		if info.Time == "" {
			info.Time = settings["vcs.time"]
		}
	}
	info.Version = cmp.Or(info.Version, "development")
	info.Commit = cmp.Or(info.Commit, "unknown")
	info.Time = cmp.Or(info.Time, "unknown")
	return info
}
