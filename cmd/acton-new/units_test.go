package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/templates"
)

func TestJoinQuotesForTheShell(t *testing.T) {
	got := join([]string{"acton-new", "--team", "it's us", "", "a,b", "~x", "$HOME"})
	if want := `acton-new --team 'it'\''s us' '' a,b '~x' '$HOME'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOutlineFitsWidthAndHeight(t *testing.T) {
	tree := generator.Tree{
		{Path: "Makefile"}, {Path: "README.md"}, {Path: "cmd/a/main.go"}, {Path: "docs/a.md"}, {Path: "docs/b.md"},
		{Path: "go.mod"}, {Path: "go.sum"},
	}
	root := newNode("orders", tree)
	if got, want := root.outline(30, 9), []string{"cmd/ 1      README.md", "docs/ 2     go.mod", "Makefile    go.sum"}; cmp.Diff(got, want) != "" {
		t.Errorf("got %q, want %q", got, want)
	}
	for width := 1; width < 60; width++ {
		for lines := 1; lines < 9; lines++ {
			rows := root.outline(width, lines)
			if len(rows) > lines {
				t.Errorf("width %d, %d lines: got %q", width, lines, rows)
			}
			for _, row := range rows {
				if len([]rune(row)) > max(width, 12) {
					t.Errorf("width %d: got a row of %d characters: %q", width, len([]rune(row)), row)
				}
			}
		}
	}
}

func TestInterruptedRunExits130AndWritesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	env := environment{in: strings.NewReader(""), out: &out, err: &errs, getenv: func(string) string { return "" }}
	code := run(ctx, []string{"orders", "--yes"}, env, deps{templates: templates.All, version: testVersion})
	if code != exitInterrupted || out.Len() > 0 || !strings.Contains(errs.String(), errInterrupted.Error()) {
		t.Errorf("got %d, %q, %q", code, &out, &errs)
	}
	entries, err := os.ReadDir(".")
	if err != nil || len(entries) > 0 {
		t.Errorf("entries: got %v, %v, want none", entries, err)
	}
}

func TestReadingOfAnswersCanBeInterrupted(t *testing.T) {
	in, _ := io.Pipe() // nobody writes to it
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	var out, errs bytes.Buffer
	env := environment{in: in, out: &out, err: &errs, getenv: func(string) string { return "" }}
	code := run(ctx, []string{"orders", "--yes", "--answers", "-"}, env, deps{templates: templates.All, version: testVersion})
	if code != exitInterrupted || !strings.Contains(errs.String(), errInterrupted.Error()) {
		t.Errorf("got %d, %q", code, &errs)
	}
}

// endless is a reader without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "a: b\n"), nil }

func TestLongAnswersAreAnError(t *testing.T) {
	var out, errs bytes.Buffer
	env := environment{in: endless{}, out: &out, err: &errs, getenv: func(string) string { return "" }}
	code := run(t.Context(), []string{"orders", "--yes", "--answers", "-"}, env, deps{templates: templates.All, version: testVersion})
	if want := "--answers: standard input: larger than 64 KiB"; code != exitUsage || !strings.Contains(errs.String(), want) {
		t.Errorf("got %d, %q, want %d and %q", code, &errs, exitUsage, want)
	}
}

// full is a device without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestHelpThatCannotBePrintedIsAnError(t *testing.T) {
	for _, arg := range []string{"--help", "--version", "version", "features"} {
		var stderr bytes.Buffer
		code := run(t.Context(), []string{arg}, environment{out: full{}, err: &stderr, getenv: os.Getenv}, deps{templates: templates.Files, version: "v1"})
		if code != exitFailed || !strings.Contains(stderr.String(), syscall.ENOSPC.Error()) {
			t.Errorf("%s: got %d and %q", arg, code, stderr.String())
		}
	}
}

// A working directory that was removed matters only for relative paths.
func TestRunInRemovedDirectory(t *testing.T) {
	dir, target := t.TempDir(), filepath.Join(t.TempDir(), "orders")
	t.Chdir(dir)
	if err := os.Remove(dir); err != nil {
		t.Skip(err) // this platform keeps it
	}
	for _, test := range []struct {
		args []string
		want int
	}{{nil, exitFailed}, {[]string{"--dir", target}, exitDone}} {
		var stderr bytes.Buffer
		env := environment{out: io.Discard, err: &stderr, getenv: os.Getenv}
		code := run(t.Context(), append([]string{"orders", "--yes"}, test.args...), env, deps{templates: templates.Files, version: "v1"})
		if code != test.want || code != exitDone && !strings.Contains(stderr.String(), "change to a directory that exists") {
			t.Errorf("%q: got %d and %q", test.args, code, stderr.String())
		}
	}
}

func TestBrokenCatalogIsAnError(t *testing.T) {
	var out, errs bytes.Buffer
	env := environment{in: strings.NewReader(""), out: &out, err: &errs, getenv: func(string) string { return "" }}
	code := run(t.Context(), []string{"orders", "--yes"}, env, deps{templates: os.DirFS(t.TempDir()), version: testVersion})
	if code != exitFailed || !strings.Contains(errs.String(), "catalog") {
		t.Errorf("got %d, %q", code, &errs)
	}
}

func TestNamesOfCommandsAreReserved(t *testing.T) {
	env := environment{getenv: func(string) string { return "" }}
	catalog, err := features.Load(templates.All)
	if err != nil {
		t.Fatal(err)
	}
	root := newRoot(t.Context(), env, deps{templates: templates.All, version: testVersion}, catalog)
	root.InitDefaultHelpCmd()
	for _, command := range root.Commands() {
		if err := generator.CheckName(command.Name()); err == nil || !strings.Contains(err.Error(), "command") {
			t.Errorf("%s: got %v, want an error, because that is a command", command.Name(), err)
		}
	}
}

func TestAnswersWrapBeforeFlags(t *testing.T) {
	for _, tt := range []struct {
		flags string
		width int
		want  string
	}{
		{"", 20, ""},
		{"--a 1 --b 2", 20, "--a 1 --b 2"},
		{"--a 1 --b 2 --c 3", 11, "--a 1 --b 2\n--c 3"},
		{"--a 1 --b 2", 10, "--a 1\n--b 2"},
		{"--url https://example.com/long --b 2", 10, "--url https://example.com/long\n--b 2"},
	} {
		if got := wrapFlags(tt.flags, tt.width); got != tt.want {
			t.Errorf("wrapFlags(%q, %d): got %q, want %q", tt.flags, tt.width, got, tt.want)
		}
	}
}

func TestRowsThatDoNotFitFollowEachOther(t *testing.T) {
	rows := []string{"Deployment: Kubernetes", "Pipeline: None", "Pager: None"}
	for _, tt := range []struct {
		width, height int
		want          string
	}{
		{40, 3, "Deployment: Kubernetes\nPipeline: None\nPager: None"},
		{12, 3, "Deployment:…\nPipeline: N…\nPager: None"},
		{60, 1, "Deployment: Kubernetes · Pipeline: None · Pager: None"},
		{50, 1, "Deployment: Kubernetes · and 2 more"},
		{12, 1, "3 answers"},
	} {
		if got := shorten(rows, tt.width, tt.height); got != tt.want {
			t.Errorf("%d×%d: got %q, want %q", tt.width, tt.height, got, tt.want)
		}
	}
}
