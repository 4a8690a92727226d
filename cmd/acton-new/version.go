package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by a release build: go build -ldflags "-X main.version=v1.2.3". If it is empty, the command uses the
// version of the module, which `go run MODULE@VERSION` and `go install MODULE@VERSION` record in the binary.
var version string

// unknownVersion is the version of a build without version information.
const unknownVersion = "devel"

func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return unknownVersion
	}
	return info.Main.Version
}

func versionCommand(env environment, d deps) *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version of the generator, which every project records",
		Args:              validateArgs(0, 0, "acton-new version"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(env.out, "acton-new", d.version)
			return err
		},
	}
}
