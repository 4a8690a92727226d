// Command record records the facts of the lock in lock.txt. go generate ./internal/lock runs it.
//
// It reads the imports of the templates, writes them to the module in internal/lock/pinned, tidies the module, and asks
// the go command for every fact that a combination of features needs. With -check it writes nothing, and fails if a
// file is out of date.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/lock"
	"github.com/acton-go/acton-new/internal/verify/record/modcache"
	"github.com/acton-go/acton-new/templates"
)

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if a file is out of date")
	flag.Parse()
	if err := runInRepository(*check); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

// runInRepository records the lock of the repository that contains the working directory.
func runInRepository(check bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	env, err := environment(ctx)
	if err != nil {
		return err
	}
	r := recorder{root: filepath.Dir(env.GOMOD), templates: templates.Files, check: check}
	return r.run(ctx)
}

// recorder records the lock of a repository.
type recorder struct {
	root      string // root of the repository
	templates fs.FS
	command   modcache.Go
	check     bool
}

func (r recorder) run(ctx context.Context) (err error) {
	combinations, err := combinationsOf(r.templates)
	if err != nil {
		return err
	}
	union := lock.Union(combinations)
	folder := filepath.Join(r.root, "internal", "lock")
	pinned := pinnedModule{dir: filepath.Join(folder, "pinned")}
	if err := pinned.read(); err != nil {
		return err
	}
	source, err := modcache.New(ctx, r.command, pinned.goVersion)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := pinned.checkProviders(union, source); err != nil {
		return err
	}
	deps, err := pinned.files(union)
	if err != nil {
		return err
	}
	if err := r.write(deps); err != nil {
		return err
	}
	if err := r.tidy(ctx, pinned.dir); err != nil {
		return err
	}
	if err := pinned.read(); err != nil {
		return err
	}
	text, err := record(pinned, union, combinations, source)
	if err != nil {
		return err
	}
	return r.write(map[string][]byte{filepath.Join(folder, "lock.txt"): text})
}

// tidy runs go mod tidy in the pinned module. It also verifies the module cache, from which the facts are read.
func (r recorder) tidy(ctx context.Context, dir string) error {
	if !r.check {
		if _, err := r.command.Run(ctx, dir, "mod", "tidy"); err != nil {
			return err
		}
		_, err := r.command.Run(ctx, dir, "mod", "verify")
		return err
	}
	diff, err := r.command.Run(ctx, dir, "mod", "tidy", "-diff")
	if len(diff) > 0 {
		mod, _, _ := strings.Cut(string(diff), "\ndiff current/go.sum")
		return outOfDateError(mod)
	}
	return err
}

func outOfDateError(what string) error {
	return fmt.Errorf("out of date; run go generate ./internal/lock\n%s", what)
}

// record computes every combination with a lock that records the facts, and returns the text of the lock.
func record(pinned pinnedModule, union *lock.Imports, combinations []*lock.Imports, source lock.Source) ([]byte, error) {
	pins, err := lock.Closure(pinned.goVersion, pinned.requires, union, source)
	if err != nil {
		return nil, err
	}
	l := lock.Record(pinned.goVersion, pins, source)
	for _, imports := range combinations {
		if _, err := l.Compute(imports); err != nil {
			return nil, err
		}
	}
	return l.Encode(), nil
}

// write writes the files. With -check it compares them with the existing files instead. It removes a file with nil
// content.
func (r recorder) write(files map[string][]byte) error {
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		want := files[name]
		got, err := os.ReadFile(name)
		exists := err == nil
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if exists == (want != nil) && bytes.Equal(got, want) {
			continue
		}
		if r.check {
			changed = append(changed, name)
			continue
		}
		if want == nil {
			err = os.Remove(name)
		} else {
			err = os.WriteFile(name, want, 0o644)
		}
		if err != nil {
			return err
		}
	}
	if len(changed) > 0 {
		return outOfDateError(strings.Join(changed, "\n"))
	}
	return nil
}
