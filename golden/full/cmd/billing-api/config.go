package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/acme/billing-api/internal/config"
)

func configCommand(sources config.Sources) *cobra.Command {
	return group("config", "Check or print the settings",
		settingsCommand(sources, "check", "Report all errors in the settings and certificates",
			func(cmd *cobra.Command, loaded *config.Loaded) error {
				if err := loaded.Config.Server.TLS.CheckFiles(); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "settings are valid (profile %s)\n", loaded.Config.Service.Profile)
				return err
			}),
		settingsCommand(sources, "print", "Print every setting with its origin",
			func(cmd *cobra.Command, loaded *config.Loaded) error { return loaded.Print(cmd.OutOrStdout()) }),
	)
}
