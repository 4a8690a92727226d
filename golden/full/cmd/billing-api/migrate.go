package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/acme/billing-api/internal/config"
	"github.com/acme/billing-api/internal/postgres"
)

func migrateCommand(sources config.Sources) *cobra.Command {
	return group("migrate", "Apply or roll back the migrations of the database",
		settingsCommand(sources, "up", "Apply all pending migrations; several instances may run this at once", migration((*postgres.Migrator).Up)),
		migrateDownCommand(sources),
		settingsCommand(sources, "status", "List the migrations and compare the pool with the server", migration((*postgres.Migrator).Status)),
	)
}

func migrateDownCommand(sources config.Sources) *cobra.Command {
	yes := false
	down := migration((*postgres.Migrator).Down)
	cmd := settingsCommand(sources, "down", "Roll back the latest migration; this deletes the data in the tables and columns it added",
		func(cmd *cobra.Command, loaded *config.Loaded) error {
			if err := confirm(cmd, loaded.Config, yes, "Roll back the latest migration and delete its data?"); err != nil {
				return err
			}
			return down(cmd, loaded)
		})
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask; required in production and without a terminal")
	return cmd
}

// migration returns the action of a command that uses a migrator.
func migration(do func(*postgres.Migrator, context.Context, io.Writer) error) func(*cobra.Command, *config.Loaded) error {
	return func(cmd *cobra.Command, loaded *config.Loaded) error {
		migrator, err := postgres.OpenMigrator(loaded.Config.Database, loaded.Config.Service.Name+"-migrate")
		if err != nil {
			return err
		}
		return errors.Join(do(migrator, cmd.Context(), cmd.OutOrStdout()), migrator.Close())
	}
}

// confirm asks at a terminal whether to go on, unless the command line says yes. In production it never asks, because a
// terminal there is often open on the wrong cluster.
func confirm(cmd *cobra.Command, cfg config.Config, yes bool, question string) error {
	if yes {
		return nil
	}
	if cfg.Production() {
		return errors.New("not run: production requires --yes")
	}
	if input, ok := cmd.InOrStdin().(*os.File); ok {
		if info, err := input.Stat(); err != nil || info.Mode()&fs.ModeCharDevice == 0 {
			return errors.New("needs a confirmation, and standard input is not a terminal; add --yes")
		}
	}
	cmd.PrintErrf("%s Type yes: ", question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n') // the end of the input is no answer
		answer <- strings.TrimSpace(line)
	}()
	select {
	case text := <-answer:
		if text != "yes" {
			return errors.New("not confirmed; type yes, or add --yes")
		}
		return nil
	case <-cmd.Context().Done():
		return errors.New("not confirmed: interrupted")
	}
}
