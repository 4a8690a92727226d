//go:build unix

package main

import (
	"bytes"
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/acton-go/acton-new/templates"
)

func TestOpeningOfANamedPipeCanBeInterrupted(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	var out, errs bytes.Buffer
	env := environment{in: &out, out: &out, err: &errs, getenv: func(string) string { return "" }}
	code := run(ctx, []string{"orders", "--yes", "--answers", pipe}, env, deps{templates: templates.All, version: testVersion})
	if code != exitInterrupted {
		t.Errorf("got %d, %q", code, &errs)
	}
}
