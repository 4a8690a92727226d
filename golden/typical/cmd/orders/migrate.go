package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"git.example.org/shop/orders/v2/internal/config"
	"git.example.org/shop/orders/v2/internal/postgres"
)

func migrateCommand(ctx context.Context, sources config.Sources) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the schema of the database up to date, or back",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		migrationCommand(ctx, sources, "up", "Apply every migration that is missing; safe to run from several places at once", (*postgres.Migrator).Up),
		migrationCommand(ctx, sources, "down", "Take the latest migration back, and the data that it made room for", (*postgres.Migrator).Down),
		migrationCommand(ctx, sources, "status", "List the migrations, and compare the pool with the server", (*postgres.Migrator).Status),
	)
	return cmd
}

func migrationCommand(ctx context.Context, sources config.Sources, use, short string, do func(*postgres.Migrator, context.Context, io.Writer) error) *cobra.Command {
	return settingsCommand(sources, use, short, func(cmd *cobra.Command, loaded *config.Loaded) error {
		migrator, err := postgres.OpenMigrator(loaded.Config.Database, loaded.Config.Service.Name)
		if err != nil {
			return err
		}
		if err := do(migrator, ctx, cmd.OutOrStdout()); err != nil {
			_ = migrator.Close() // the first error tells more
			return err
		}
		if err := migrator.Close(); err != nil {
			return fmt.Errorf("close the database: %w", err)
		}
		return nil
	})
}
