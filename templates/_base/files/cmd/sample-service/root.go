package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.com/acme/sample-service/internal/config"
)

// Exit codes of the process.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// errLogged makes run return 1 without printing: the error is already logged.
var errLogged = errors.New("the error is already logged")

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, sources config.Sources, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:               "sample-service",
		Short:             "Run or operate the service",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	// Cobra calls this hook after it has parsed the command line. An error before that is a usage error.
	parsed := false
	root.PersistentPreRun = func(*cobra.Command, []string) { parsed = true }
	root.AddCommand(
		serveCommand(sources),
		configCommand(sources),
		healthcheckCommand(sources),
		versionCommand(),
		//{{slot "main/commands"}}
	)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)

	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errLogged):
		return exitFailed
	case parsed:
		root.PrintErrln("sample-service:", err)
		return exitFailed
	default:
		root.PrintErrf("sample-service: %v\nTry: sample-service --help\n", err)
		return exitUsage
	}
}

// group returns a command that only groups others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(commands...)
	return cmd
}

// settingsCommand returns a command that needs valid settings.
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

// settingsFlags adds the flags that choose and override settings.
func settingsFlags(cmd *cobra.Command, sources *config.Sources) {
	flags := cmd.Flags()
	flags.StringVar(&sources.Profile, "profile", "", "set of defaults: development, staging or production")
	flags.StringVar(&sources.File, "config", "", "settings file that overrides the other settings files")
	flags.StringArrayVar(&sources.Set, "set", nil, "set one key, such as --set server.port=8081; repeat it for more keys")
}
