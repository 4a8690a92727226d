package generator

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/lock"
	"github.com/acton-go/acton-new/internal/lock/modcache"
)

// seedVariable sets what a test chooses at random, to repeat a run that failed.
const seedVariable = "ACTON_NEW_TEST_SEED"

// random returns a source of choices, and prints how to make the same ones again.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	t.Logf("%s=%d", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestEveryCombinationIsLocked computes the module files of every combination there is, with every value of each choice.
func TestEveryCombinationIsLocked(t *testing.T) {
	l := realLibrary(t)
	reader := NewImportReader(l.fsys)
	for set := range l.cat.AllSets() {
		imports, err := reader.Imports(set)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lock.Recorded().Compute(imports); err != nil {
			t.Errorf("%v %v: %v: run go generate ./internal/lock", set.Features(), set.Choices(), err)
		}
	}
}

// TestImportsOfTemplatesAreThoseOfProjects is what recording rests on: it reads templates instead of rendering.
func TestImportsOfTemplatesAreThoseOfProjects(t *testing.T) {
	for _, l := range libraries(t) {
		reader := NewImportReader(l.fsys)
		for set := range l.cat.AllSets() {
			if n := len(set.Features()); n > 2 && n < len(l.cat.Visible()) {
				continue // each folder, and each for two features, has been seen
			}
			want, err := importsOf(l.mustFiles(t, Answers{Name: "ab", Module: "a.b/c", Features: set.Features(), Values: set.Choices()}), "a.b/c")
			if err != nil {
				t.Fatal(err)
			}
			got, err := reader.Imports(set)
			if err != nil {
				t.Fatal(err)
			}
			if got.Key() != want.Key() {
				t.Errorf("%s: %v %v: templates import %s, the project %s", l.name, set.Features(), set.Choices(), got.Key(), want.Key())
			}
		}
	}
}

// oracleModules are modules of projects that could be taken for others: one is nested in the path of a dependency, and in
// the path of the other one dependencies are nested.
var oracleModules = []string{"github.com/spf13/cobra/service", "go.opentelemetry.io"}

// TestTheGoCommandHasNothingToAdd compares with the go command, which has no network but all pinned versions: go mod tidy
// makes the same files from all pins, finds nothing to change in them, and what they say is enough to build. With -short
// nothing is compiled: every package and test is only looked up.
func TestTheGoCommandHasNothingToAdd(t *testing.T) {
	l := realLibrary(t)
	pins := warmCache(t)
	offline := modcache.Go{Env: []string{"GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-mod=readonly -trimpath", "GOWORK=off"}}
	build := []string{"build", "./..."}
	if testing.Short() {
		build = []string{"list", "-deps", "-test", "./..."}
	}
	var all []Answers
	for _, set := range oracleSets(t, l) {
		all = append(all, Answers{Name: "ab", Module: someModules[1], Features: set.Features(), Values: set.Choices()})
	}
	for _, m := range oracleModules {
		all = append(all, Answers{Name: "ab", Module: m})
	}
	for _, a := range all {
		t.Run(fmt.Sprint(a.Module, a.Features, a.Values), func(t *testing.T) {
			tree, err := Render(l.fsys, l.cat, a, "v0")
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			rewrite(t, dir, tree)
			for _, args := range [][]string{{"mod", "tidy", "-diff"}, build} {
				if _, err := offline.Run(t.Context(), dir, args...); err != nil {
					t.Error(err)
				}
			}
			from := "module " + a.Module + "\n\ngo " + lock.Recorded().GoVersion() + "\n\nrequire (\n"
			for _, v := range pins {
				from += "\t" + v.Path + " " + v.Version + "\n"
			}
			if err := errors.Join(os.WriteFile(filepath.Join(dir, "go.mod"), []byte(from+")\n"), 0o644),
				os.Remove(filepath.Join(dir, "go.sum"))); err != nil {
				t.Fatal(err)
			}
			if _, err := offline.Run(t.Context(), dir, "mod", "tidy"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(asMap(readTree(t, dir)), asMap(tree)); diff != "" {
				t.Errorf("(-tidy +computed):\n%s", diff)
			}
		})
	}
}

// warmCache makes sure that the module cache has all that the lock knows, and returns what is pinned.
func warmCache(t *testing.T) []module.Version {
	t.Helper()
	text, err := os.ReadFile("../lock/lock.txt")
	if err != nil {
		t.Fatal(err)
	}
	source, err := modcache.New(t.Context(), modcache.Go{Env: []string{"GOWORK=off"}}, lock.Recorded().GoVersion())
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	var pins, needed []module.Version
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 6 || f[0] != "pin" && f[0] != "read" {
			continue
		}
		v := module.Version{Path: f[1], Version: f[2]}
		if f[0] == "pin" {
			pins = append(pins, v)
		} else if f[5] != "-" {
			needed = append(needed, v)
		}
	}
	err = source.Prepare(pins)
	for _, v := range needed {
		if err == nil {
			_, err = source.Sum(v)
		}
	}
	if err != nil {
		t.Fatalf("the module cache lacks what is pinned, and it cannot be downloaded; once there must be a network: %v", err)
	}
	return pins
}

// oracleSets returns the sets of no feature and of one, those of all and of all but one, each value of each choice, and
// some at random. Sets that import the same come once.
func oracleSets(t *testing.T, l library) []features.Set {
	t.Helper()
	const some = 6
	var sure, maybe []features.Set
	for set := range l.cat.AllSets() {
		n, defaults := len(set.Features()), true
		for _, q := range set.Questions() {
			defaults = defaults && (q.Kind != features.KindChoice || set.Choices()[q.Flag] == q.Default)
		}
		if n == 0 || defaults && (n == 1 || n >= len(l.cat.Visible())-1) {
			sure = append(sure, set)
		} else {
			maybe = append(maybe, set)
		}
	}
	random(t).Shuffle(len(maybe), func(i, j int) { maybe[i], maybe[j] = maybe[j], maybe[i] })
	reader := NewImportReader(l.fsys)
	seen := map[string]bool{}
	distinct := func(sets []features.Set, limit int) []features.Set {
		var kept []features.Set
		for _, set := range sets {
			imports, err := reader.Imports(set)
			if err != nil {
				t.Fatal(err)
			}
			if key := imports.Key(); !seen[key] && len(kept) < limit {
				seen[key] = true
				kept = append(kept, set)
			}
		}
		return kept
	}
	sure = distinct(sure, len(sure))
	return slices.Concat(sure, distinct(maybe, some))
}
