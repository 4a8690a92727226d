// Command record writes down what the lock needs to know: go generate ./internal/lock runs it.
//
// It reads what the templates import, writes those imports to the module in internal/lock/pinned, tidies it, and asks the
// go command for every fact that any combination of features needs. With -check it writes nothing and fails if it would.
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
	"github.com/acton-go/acton-new/internal/lock/modcache"
	"github.com/acton-go/acton-new/templates"
)

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if something would change")
	flag.Parse()
	if err := recordHere(*check); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

// recordHere records in the repository of the working directory.
func recordHere(check bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	env, err := environment(ctx)
	if err != nil {
		return err
	}
	r := recorder{root: filepath.Dir(env.GOMOD), templates: templates.Files, check: check}
	return r.run(ctx)
}

// recorder is one run of this command.
type recorder struct {
	root      string // of the repository
	templates fs.FS
	command   modcache.Go
	check     bool
}

func (r recorder) run(ctx context.Context) (err error) {
	combinations, err := combinationsOf(r.templates)
	if err != nil {
		return err
	}
	everything := lock.Union(combinations)
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
	if err := pinned.wantProviders(everything, source); err != nil {
		return err
	}
	deps, err := pinned.files(everything)
	if err != nil {
		return err
	}
	if err := r.put(deps); err != nil {
		return err
	}
	if err := r.tidy(ctx, pinned.dir); err != nil {
		return err
	}
	if err := pinned.read(); err != nil {
		return err
	}
	text, err := record(pinned, everything, combinations, source)
	if err != nil {
		return err
	}
	return r.put(map[string][]byte{filepath.Join(folder, "lock.txt"): text})
}

// tidy runs go mod tidy in the pinned module. What is recorded is read from the module cache, so that must be as downloaded.
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
		return stale(mod)
	}
	return err
}

// stale is the error of a check that found something.
func stale(what string) error {
	return fmt.Errorf("not what the templates and the pinned module make: run go generate ./internal/lock\n%s", what)
}

// record computes every combination on a lock that learns what it lacks.
func record(pinned pinnedModule, everything *lock.Imports, combinations []*lock.Imports, source lock.Source) ([]byte, error) {
	pins, err := lock.Close(pinned.goVersion, pinned.requires, everything, source)
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

// put writes the files or, to check, compares them with what is there. A file without content is not to be there.
func (r recorder) put(files map[string][]byte) error {
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
		return stale(strings.Join(changed, "\n"))
	}
	return nil
}
