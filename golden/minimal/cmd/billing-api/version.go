package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/acme/billing-api/internal/buildinfo"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version and the commit of this build",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			build := buildinfo.Get()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "billing-api %s (commit %s, %s)\n", build.Version, build.Commit, runtime.Version())
			return err
		},
	}
}
