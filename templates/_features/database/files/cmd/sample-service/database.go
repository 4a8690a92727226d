package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"example.com/acme/sample-service/internal/config"
	"example.com/acme/sample-service/internal/postgres"
)

func databaseCommand(ctx context.Context, sources config.Sources) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "database",
		Short: "Run a program on the database",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(databaseExecCommand(ctx, sources))
	return cmd
}

func databaseExecCommand(ctx context.Context, sources config.Sources) *cobra.Command {
	cmd := settingsCommand(sources, "exec -- PROGRAM [ARGUMENT...]", "Run psql, pg_dump or the like with the credentials of the settings",
		func(cmd *cobra.Command, loaded *config.Loaded) error {
			environment, err := postgres.ClientEnvironment(loaded.Config.Database, loaded.Config.Service.Name)
			if err != nil {
				return err
			}
			args := cmd.Flags().Args()
			program := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // running what the operator names is the purpose
			program.Env = append(os.Environ(), environment...)
			program.Stdin, program.Stdout, program.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := program.Run(); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return nil
		})
	cmd.Args = cobra.MinimumNArgs(1)
	return cmd
}
