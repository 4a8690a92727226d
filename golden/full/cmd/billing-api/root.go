package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/acme/billing-api/internal/config"
)

// What the process returns.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// errLogged ends a command whose error is in the log already.
var errLogged = errors.New("the error is in the log")

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, sources config.Sources, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "billing-api",
		Short:         "The service, and the commands that operate it",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	// Cobra runs this after it has understood the command line and before the
	// command: whatever fails earlier is a mistake in the usage.
	understood := false
	root.PersistentPreRun = func(*cobra.Command, []string) { understood = true }
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		serveCommand(ctx, sources),
		configCommand(sources),
		healthcheckCommand(ctx, sources),
		versionCommand(),
		migrateCommand(ctx, sources),
		databaseCommand(ctx, sources),
	)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)

	err := root.Execute()
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errLogged):
		return exitFailed
	case understood:
		root.PrintErrln("billing-api:", err)
		return exitFailed
	default:
		root.PrintErrf("billing-api: %v\nTry: billing-api --help\n", err)
		return exitUsage
	}
}

// settingsFlags adds the flags that choose and override settings.
func settingsFlags(cmd *cobra.Command, sources *config.Sources) {
	flags := cmd.Flags()
	flags.StringVar(&sources.Profile, "profile", "", "profile: development, staging or production")
	flags.StringVar(&sources.File, "config", "", "settings file, above those that are found by themselves")
	flags.StringArrayVar(&sources.Set, "set", nil, "set one key, such as --set server.port=8081 (may be repeated)")
}
