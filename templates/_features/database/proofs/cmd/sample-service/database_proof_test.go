package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"example.com/acme/sample-service/internal/config"
)

func TestDatabaseCommands(t *testing.T) {
	unreachable := []string{"SAMPLE_SERVICE_DATABASE__URL=postgres://nobody@/nothing?host=" + t.TempDir()}
	pooled := append([]string{"SAMPLE_SERVICE_DATABASE__POOLER=transaction"}, unreachable...)
	production := append([]string{"SAMPLE_SERVICE_SERVER__TLS__TERMINATED_BY_PROXY=true"}, unreachable...)
	for _, test := range []struct {
		environ []string
		args    string
		code    int
		stdout  string
		stderr  string
	}{
		{nil, "migrate", 0, "status", ""},
		{nil, "database", 0, "exec", ""},
		{nil, "migrate sideways", 2, "", "unknown command"},
		{nil, "migrate up now", 2, "", "unknown command"},
		{nil, "database exec", 2, "", "requires at least 1 arg"},
		{nil, "migrate up --set database.pooler=none", 1, "", "database.pooler"},
		{unreachable, "migrate up", 1, "", "postgres: migrate up: "},
		{unreachable, "migrate down", 1, "", "--yes"},
		{unreachable, "migrate down --yes", 1, "", "postgres: migrate down: "},
		{production, "migrate down --profile production", 1, "", "not run: production requires --yes"},
		{production, "migrate down --profile production --yes", 1, "", "postgres: migrate down: "},
		{unreachable, "migrate status", 1, "", "postgres: migrate status: "},
		{pooled, "migrate up", 1, "", "database.direct_url: "},
		{pooled, "database exec -- true", 1, "", "database.direct_url: "},
		{unreachable, "database exec -- no-such-program", 1, "", "no-such-program"},
	} {
		t.Run(test.args, func(t *testing.T) {
			got := command(t, test.environ, strings.Fields(test.args)...)
			if got.code != test.code || !strings.Contains(got.stdout, test.stdout) || !strings.Contains(got.stderr, test.stderr) {
				t.Errorf("got %+v, want %+v", got, test)
			}
		})
	}
}

// childURL is set in a child of the test binary, which runs `database exec` because the command replaces its process.
const childURL = "TEST_CHILD_URL"

func TestExecReplacesTheProcess(t *testing.T) {
	if url := os.Getenv(childURL); url != "" {
		t.Setenv("PGHOSTADDR", "192.0.2.1") // libpq prefers it to PGHOST
		args := []string{"database", "exec", "--", "sh", "-c", `echo "$PGUSER@$PGHOST:$PGPORT$PGHOSTADDR"; exit 3`}
		sources := config.Sources{Environ: []string{"SAMPLE_SERVICE_DATABASE__URL=" + url}}
		os.Exit(run(t.Context(), args, sources, os.Stdout, os.Stderr))
	}
	child := exec.Command(os.Args[0], "-test.run=TestExecReplacesTheProcess")
	child.Env = append(os.Environ(), childURL+"=postgres://app@db1.example.com:5432,db2.example.com:5433/notes")
	out, err := child.Output()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 3 {
		t.Errorf("got %v, want the exit code 3 of the program", err)
	}
	if got, want := string(out), "app@db1.example.com,db2.example.com:5432,5433\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Ctrl-C cancels the context of every command.
func TestInterruptEndsTheQuestion(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	input, silent := io.Pipe()
	defer silent.Close()
	cmd := new(cobra.Command)
	cmd.SetContext(ctx)
	cmd.SetIn(input)
	cmd.SetErr(io.Discard)
	interrupt()
	if err := confirm(cmd, config.Config{}, false, "Sure?"); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v, want an error", err)
	}
}
