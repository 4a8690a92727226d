package generator

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/lock"
	"github.com/acton-go/acton-new/internal/verify/record/modcache"
	"github.com/acton-go/acton-new/internal/verify/sets"
)

// seedVariable is the environment variable that sets the seed, to repeat a failed run.
const seedVariable = "ACTON_NEW_TEST_SEED"

// random returns a source of random numbers, and logs its seed.
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

// TestLockContainsEveryCombination computes the module files of every combination. Choices bring no code.
func TestLockContainsEveryCombination(t *testing.T) {
	l := realLibrary(t)
	reader := NewImportReader(l.fsys)
	seen := map[string]bool{}
	for set := range sets.Combinations(l.cat) {
		imports, err := reader.Imports(set)
		if err != nil {
			t.Fatal(err)
		}
		if seen[imports.Key()] {
			continue
		}
		seen[imports.Key()] = true
		if _, err := lock.Recorded().Compute(imports); err != nil {
			t.Errorf("%v %v: %v; run go generate ./internal/lock", set.Features(), set.Choices(), err)
		}
	}
}

// The recorder of the lock reads the imports of templates instead of rendering projects.
func TestImportReaderMatchesRenderedProjects(t *testing.T) {
	for _, l := range libraries(t) {
		reader := NewImportReader(l.fsys)
		for _, set := range sets.Tried(l.cat) { // they have every folder
			want, err := importsOf(l.mustFiles(t, Answers{Name: "ab", Module: "a.b/c", Features: set.Features(), Values: set.Choices()}), "a.b/c")
			if err != nil {
				t.Fatal(err)
			}
			got, err := reader.Imports(set)
			if err != nil {
				t.Fatal(err)
			}
			if got.Key() != want.Key() {
				t.Errorf("%s: %v %v: imports: got %s from the templates, want %s as in the project",
					l.name, set.Features(), set.Choices(), got.Key(), want.Key())
			}
		}
	}
}

// oracleModules are module paths that overlap with those of dependencies: one has a dependency as its prefix, the other
// is the prefix of dependencies.
var oracleModules = []string{"github.com/spf13/cobra/service", "go.opentelemetry.io"}

// TestModuleFilesMatchGoModTidy compares the module files with those of the go command, offline. go mod tidy must write
// the same files from all pins and must not change the computed ones, and go list must find every package with them.
func TestModuleFilesMatchGoModTidy(t *testing.T) {
	l := realLibrary(t)
	pins := warmCache(t)
	offline := modcache.Go{Env: []string{"GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-mod=readonly -trimpath", "GOWORK=off"}}
	var all []Answers
	for _, set := range oracleSets(t, l) {
		all = append(all, Answers{Name: "ab", Module: testModules[1], Features: set.Features(), Values: set.Choices()})
	}
	for _, m := range oracleModules {
		all = append(all, Answers{Name: "ab", Module: m})
	}
	for _, a := range all {
		t.Run(fmt.Sprint(a.Module, a.Features, a.Values), func(t *testing.T) {
			tree, err := l.render(a, "v0")
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			replaceDir(t, dir, tree)
			for _, args := range [][]string{{"mod", "tidy", "-diff"}, {"list", "-deps", "-test", "./..."}} {
				if _, err := offline.Run(t.Context(), dir, args...); err != nil {
					t.Error(err)
				}
			}
			mod := "module " + a.Module + "\n\ngo " + lock.Recorded().GoVersion() + "\n\nrequire (\n"
			for _, v := range pins {
				mod += "\t" + v.Path + " " + v.Version + "\n"
			}
			if err := errors.Join(os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod+")\n"), 0o644),
				os.Remove(filepath.Join(dir, "go.sum"))); err != nil {
				t.Fatal(err)
			}
			if _, err := offline.Run(t.Context(), dir, "mod", "tidy"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(asMap(readTree(t, dir)), asMap(tree)); diff != "" {
				t.Errorf("module files (-tidy +computed):\n%s", diff)
			}
		})
	}
}

// warmCache downloads every version in the lock to the module cache, and returns the pins.
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
		t.Fatalf("download the pinned modules: %v; the first run needs a network", err)
	}
	return pins
}

// oracleSets returns the sets with no and all features, and some random ones, which differ in each run. Each set has other
// imports. The go command takes seconds for each, so more features do not mean more sets.
func oracleSets(t *testing.T, l library) []features.Set {
	t.Helper()
	const limit = 8
	first, last := l.firstAndLast()
	others := sets.SampleCombinations(l.cat, maxChecked)
	random(t).Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	reader := NewImportReader(l.fsys)
	seen := map[string]bool{}
	var distinct []features.Set
	for _, set := range append([]features.Set{first, last}, others...) {
		imports, err := reader.Imports(set)
		if err != nil {
			t.Fatal(err)
		}
		if key := imports.Key(); !seen[key] && len(distinct) < limit {
			seen[key] = true
			distinct = append(distinct, set)
		}
	}
	return distinct
}
