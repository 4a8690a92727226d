package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/acton-go/acton-new/internal/features"

	_ "github.com/acton-go/acton-new/cmd/acton-new/internal/terminal" // before bubbletea
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1   // what was asked could not be done
	exitUsage       = 2   // what was asked is wrong: a flag, a name, an answers file
	exitInterrupted = 130 // somebody left; nothing is left behind
)

// deps is what the command is made of.
type deps struct {
	templates fs.FS  // with _base and _features
	version   string // recorded in every project
}

// host is where the command runs.
type host struct {
	in     io.Reader
	out    io.Writer // what was asked for
	err    io.Writer // errors and the wizard
	getenv func(string) string
}

// errInterrupted says that somebody left before the end.
var errInterrupted = errors.New("interrupted: nothing was written")

// usageError is an error in what the command was given.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// start runs the command in this process, which a signal ends.
func start(d deps) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], host{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}, d)
}

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, at host, d deps) int {
	catalog, err := features.Load(d.templates)
	if err != nil {
		_, _ = fmt.Fprintf(at.err, "acton-new: %v\n", err)
		return exitFailed
	}
	root := newCommand(ctx, at, d, catalog)
	root.AddCommand(featuresCommand(at, d, catalog), completionCommand(at), versionCommand(at, d))
	root.SetArgs(args)
	root.SetIn(at.in)
	root.SetOut(at.out)
	root.SetErr(at.err)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.DisableDefaultCmd = true
	err = root.Execute()
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		err = errInterrupted
	}
	return report(at.err, err)
}

// report prints the error, if there is one, and returns the exit code that it means, which is all that is left to tell
// when printing fails.
func report(w io.Writer, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInterrupted):
		_, _ = fmt.Fprintf(w, "acton-new: %v\n", errInterrupted)
		return exitInterrupted
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(w, "acton-new: %v\nRun 'acton-new --help' to see every flag.\n", err)
		return exitUsage
	default:
		_, _ = fmt.Fprintf(w, "acton-new: %v\n", err)
		return exitFailed
	}
}

// flagError says which flag is wrong, with one that is right.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if s := features.Suggest(unknown.GetSpecifiedName(), known); s != "" {
			return usagef("unknown flag --%s: did you mean --%s?", unknown.GetSpecifiedName(), s)
		}
	case errors.As(err, &missing):
		return usagef("--%s: needs a value; for example --%s %s", missing.GetFlag().Name, missing.GetFlag().Name, example(missing.GetFlag()))
	}
	return usageError{err}
}

const exampleKey = "example"

// example returns a value that the flag accepts.
func example(f *pflag.Flag) string {
	return strings.Join(f.Annotations[exampleKey], "")
}

// arguments makes cobra's check of the number of arguments a usage error that shows the right form.
func arguments(check cobra.PositionalArgs, form string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usagef("%s: %w; for example %s", cmd.CommandPath(), err, form)
		}
		return nil
	}
}
