package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"git.example.org/shop/orders/v2/internal/buildinfo"
)

func versionCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version and the commit of this build",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			build := buildinfo.Get()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(build)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "orders %s (commit %s, built %s, %s)\n",
				build.Version, build.Commit, build.Time, build.Go)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
