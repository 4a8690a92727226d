package passed

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCheckPassesAgainOnlyWithTheSameInputs(t *testing.T) {
	t.Setenv(Folder, filepath.Join(t.TempDir(), "passed"))
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	check := func(name, data string) *Check {
		t.Helper()
		h, err := NewHarness(program)
		if err != nil {
			t.Fatal(err)
		}
		c := h.Check(name)
		c.Add("main.go", []byte(data))
		return c
	}
	first := check("test", "package a\n")
	if when := first.Before(); when != "" {
		t.Errorf("got %s before the first run, want nothing", when)
	}
	if err := first.Record(); err != nil {
		t.Fatal(err)
	}
	if check("test", "package a\n").Before() == "" {
		t.Error("the same check is not remembered")
	}
	if check("lint", "package a\n").Before() != "" {
		t.Error("another check counts as the same")
	}
	if check("test", "package b\n").Before() != "" {
		t.Error("another file counts as the same")
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if check("test", "package a\n").Before() != "" {
		t.Error("another program counts as the same")
	}
}

func TestSourcesOfTheHarnessCount(t *testing.T) {
	t.Setenv(Folder, t.TempDir())
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                     "module a.test\n\ngo 1.26\n",
		"go.sum":                     "",
		"internal/verify/a/a.go":     "package a\n\nimport _ \"a.test/internal/verify/b\"\n",
		"internal/verify/b/b.go":     "package b\n",
		"internal/verify/b/data/one": "1",
		"internal/verify/c/c.go":     "package c\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "internal/verify/a"))
	base := func() string {
		t.Helper()
		h, err := NewHarness()
		if err != nil {
			t.Fatal(err)
		}
		return h.base
	}
	before := base()
	for _, change := range []struct {
		file, text string
		counts     bool
	}{
		{"internal/verify/c/c.go", "package c\n\nvar C int\n", false},
		{"internal/verify/b/data/one", "2", true},
		{"internal/verify/a/a_test.go", "package a\n", true},
		{"go.sum", "\n", true},
	} {
		if err := os.WriteFile(filepath.Join(dir, change.file), []byte(change.text), 0o600); err != nil {
			t.Fatal(err)
		}
		after := base()
		if (after != before) != change.counts {
			t.Errorf("%s: got a different harness: %t, want %t", change.file, after != before, change.counts)
		}
		before = after
	}
}
