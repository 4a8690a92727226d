package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"git.example.org/shop/orders/v2/internal/config"
	"git.example.org/shop/orders/v2/internal/postgres"
)

func databaseCommand(sources config.Sources) *cobra.Command {
	return group("database", "Run a program on the database", databaseExecCommand(sources))
}

func databaseExecCommand(sources config.Sources) *cobra.Command {
	cmd := settingsCommand(sources, "exec -- PROGRAM [ARGUMENT...]", "Run psql, pg_dump or another client with the credentials of the settings",
		func(cmd *cobra.Command, loaded *config.Loaded) error {
			client, err := postgres.ClientEnvironment(loaded.Config.Database, loaded.Config.Service.Name+"-exec")
			if err != nil {
				return err
			}
			args := cmd.Flags().Args()
			program, err := exec.LookPath(args[0])
			if err != nil {
				return err
			}
			// The program replaces this process, so that it gets signals such as Ctrl-C and its exit code reaches the caller.
			err = syscall.Exec(program, args, append(withoutPG(os.Environ()), client...)) //nolint:gosec // the operator names the program
			return fmt.Errorf("%s: %w", program, err)
		})
	cmd.Args = cobra.MinimumNArgs(1)
	return cmd
}

// withoutPG removes the variables of libpq. A PGHOSTADDR or PGSERVICE of the caller would lead to another server.
func withoutPG(environ []string) []string {
	return slices.DeleteFunc(environ, func(variable string) bool { return strings.HasPrefix(variable, "PG") })
}
