package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/acme/billing-api/internal/config"
	"github.com/acme/billing-api/internal/postgres"
)

func databaseCommand(ctx context.Context, sources config.Sources) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "database",
		Short: "Look into the database, or run a program on it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(slowQueriesCommand(ctx, sources), databaseExecCommand(ctx, sources))
	return cmd
}

func slowQueriesCommand(ctx context.Context, sources config.Sources) *cobra.Command {
	limit := 20
	cmd := settingsCommand(sources, "slow-queries", "List the statements that cost most, from pg_stat_statements",
		func(cmd *cobra.Command, loaded *config.Loaded) error {
			return postgres.SlowStatements(ctx, loaded.Config.Database, loaded.Config.Service.Name, limit, cmd.OutOrStdout())
		})
	cmd.Flags().IntVar(&limit, "limit", limit, "how many")
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
