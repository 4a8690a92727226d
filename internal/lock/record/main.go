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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *check); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, check bool) (err error) {
	env, err := environment(ctx)
	if err != nil {
		return err
	}
	folder := filepath.Join(filepath.Dir(env.GOMOD), "internal", "lock")
	combinations, err := combinationsOf(templates.Files)
	if err != nil {
		return err
	}
	everything := lock.Union(combinations)
	pinned := pinnedModule{dir: filepath.Join(folder, "pinned")}
	deps, err := pinned.files(everything)
	if err != nil {
		return err
	}
	if err := pinned.read(); err != nil {
		return err
	}
	source, err := modcache.New(ctx, modcache.Go{}, pinned.goVersion)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := pinned.wantProviders(everything, source); err != nil {
		return err
	}
	if err := put(deps, check); err != nil {
		return err
	}
	if err := pinned.tidy(ctx, check); err != nil {
		return err
	}
	if err := pinned.read(); err != nil {
		return err
	}
	text, err := record(pinned, everything, combinations, source)
	if err != nil {
		return err
	}
	return put(map[string][]byte{filepath.Join(folder, "lock.txt"): text}, check)
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
func put(files map[string][]byte, check bool) error {
	var stale []string
	for name, want := range files {
		got, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil == (want != nil) && bytes.Equal(got, want) {
			continue
		}
		switch {
		case check:
			stale = append(stale, name)
		case want == nil:
			err = os.Remove(name)
		default:
			err = os.WriteFile(name, want, 0o644)
		}
		if err != nil && !check {
			return err
		}
	}
	if len(stale) > 0 {
		slices.Sort(stale)
		return fmt.Errorf("%s: not what the templates and the pinned module make: run go generate ./internal/lock",
			strings.Join(stale, ", "))
	}
	return nil
}
