package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/acme/billing-api/internal/config"
)

func configCommand(sources config.Sources) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check or print the settings",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		settingsCommand(sources, "check", "Check the settings, for pipelines and init containers",
			func(cmd *cobra.Command, loaded *config.Loaded) error {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "settings are valid (profile %s)\n", loaded.Config.Service.Profile)
				return err
			}),
		settingsCommand(sources, "print", "Print every setting and where it was set, secrets masked",
			func(cmd *cobra.Command, loaded *config.Loaded) error { return loaded.Print(cmd.OutOrStdout()) }),
	)
	return cmd
}

// settingsCommand returns a command that does something with valid settings.
func settingsCommand(sources config.Sources, use, short string, do func(*cobra.Command, *config.Loaded) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := config.Load(sources)
			if err != nil {
				return fmt.Errorf("settings:\n%w", err)
			}
			return do(cmd, loaded)
		},
	}
	settingsFlags(cmd, &sources)
	return cmd
}
