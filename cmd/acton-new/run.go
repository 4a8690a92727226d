package main

import (
	"cmp"
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
	exitFailed      = 1   // the command failed
	exitUsage       = 2   // invalid usage: a flag, a name or an answers file
	exitInterrupted = 130 // the user quit; nothing was written
)

// deps holds the templates and the version of the generator.
type deps struct {
	templates fs.FS  // with _base and _features
	version   string // recorded in every project
}

// environment is the environment of the process, which tests replace.
type environment struct {
	in     io.Reader
	out    io.Writer // the result
	err    io.Writer // errors and the wizard
	getenv func(string) string
}

// errInterrupted means that the user quit, or that a signal ended the process.
var errInterrupted = errors.New("interrupted: nothing was written")

// usageError is an error in the arguments or the answers file.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// start runs the command until it ends or receives a signal, and returns the exit code.
func start(d deps) int {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) { // as with nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	return run(ctx, os.Args[1:], environment{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}, d)
}

// run executes the command and returns the exit code.
func run(ctx context.Context, args []string, env environment, d deps) int {
	catalog, err := features.Load(d.templates)
	if err != nil {
		_, _ = fmt.Fprintf(env.err, "acton-new: %v\n", err)
		return exitFailed
	}
	root := newRoot(ctx, env, d, catalog)
	root.SetArgs(args)
	root.SetIn(env.in)
	out := &failures{Writer: env.out}
	root.SetOut(out)
	root.SetErr(env.err)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.DisableDefaultCmd = true
	err = root.Execute()
	err = cmp.Or(err, out.err)
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		err = errInterrupted
	}
	return report(env.err, err)
}

// failures is a writer that keeps the error of a write: cobra ignores those of the help and of --version.
type failures struct {
	io.Writer
	err error
}

func (f *failures) Write(p []byte) (n int, err error) {
	if n, err = f.Writer.Write(p); err != nil {
		f.err = fmt.Errorf("print: %w", err)
	}
	return n, err
}

// newRoot returns the root command with its subcommands.
func newRoot(ctx context.Context, env environment, d deps, catalog *features.Catalog) *cobra.Command {
	root := newCommand(ctx, env, d, catalog)
	root.AddCommand(featuresCommand(env, d, catalog), completionCommand(env), versionCommand(env, d))
	root.InitDefaultHelpCmd()
	help, _, _ := root.Find([]string{"help"})
	help.Args = func(_ *cobra.Command, args []string) error {
		if _, unknown, _ := root.Find(args); len(unknown) > 0 {
			return usagef("unknown command %q; choose from features, completion, version", unknown[0])
		}
		return nil
	}
	return root
}

// report prints the error and returns its exit code. It ignores a failed write: the exit code still reports the error.
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

// flagError names the invalid flag and suggests a valid one.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if s := features.Suggest(unknown.GetSpecifiedName(), known); s != "" {
			return usagef("unknown flag --%s; did you mean --%s?", unknown.GetSpecifiedName(), s)
		}
	case errors.As(err, &missing):
		name := missing.GetFlag().Name
		return usagef("--%s: missing value; for example --%s %s", name, name, example(missing.GetFlag()))
	}
	return usageError{err}
}

const exampleKey = "example"

// example returns a value that the flag accepts.
func example(f *pflag.Flag) string {
	return strings.Join(f.Annotations[exampleKey], "")
}

// validateArgs checks the number of arguments. Its error has an example.
func validateArgs(least, most int, example string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("missing argument; for example %s", example)
		case len(args) <= most:
			return nil
		}
		return usagef("unexpected argument %q; for example %s", args[most], example)
	}
}
