package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by whoever builds a release: go build -ldflags "-X main.version=v1.2.3". Without it the version of the
// module is used, which `go run MODULE@VERSION` and `go install MODULE@VERSION` know.
var version string

// unknownVersion is the version of a build that nobody told one.
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

func versionCommand(at host, d deps) *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version that is recorded in projects",
		Args:              arguments(cobra.NoArgs, "acton-new version"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(at.out, "acton-new", d.version)
			return err
		},
	}
}
