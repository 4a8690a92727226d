package lock_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/lock"
)

// readUniverse reads a universe from a txtar archive. The names of module files begin with MODULE@VERSION/. All other
// files belong to the project.
func readUniverse(t *testing.T, name string) universe {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(data)
	u := universe{modules: map[module.Version]map[string]string{}, project: map[string]string{}}
	for _, f := range archive.Files {
		path, rest, ok := strings.Cut(f.Name, "@")
		if !ok {
			u.project[f.Name] = string(f.Data)
			continue
		}
		version, file, _ := strings.Cut(rest, "/")
		v := module.Version{Path: path, Version: version}
		if u.modules[v] == nil {
			u.modules[v] = map[string]string{}
		}
		u.modules[v][file] = string(f.Data)
	}
	return u
}

// TestEveryRuleIsNeeded compares small projects with go mod tidy, and checks that the result differs without the rule
// that gives the archive its name.
func TestEveryRuleIsNeeded(t *testing.T) {
	names, err := filepath.Glob("testdata/rules/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	covered := map[string]bool{"load": true, "require": true, "check": true} // obvious rules, without an archive
	for _, name := range names {
		rule := strings.TrimSuffix(filepath.Base(name), ".txtar")
		t.Run(rule, func(t *testing.T) {
			u := readUniverse(t, name)
			r, err := u.record(t)
			if err != nil {
				t.Fatal(err)
			}
			needed := false
			for _, features := range u.combinations() {
				want := r.tidy(t, features)
				imports := importsOf(t, u.files(features))
				got, err := r.lock.Compute(imports)
				if err != nil {
					t.Fatalf("%v: %v", features, err)
				}
				if diff := cmp.Diff(text(want), text(got)); diff != "" {
					t.Errorf("%v (-tidy +computed):\n%s", features, diff)
				}
				r.wantTidy(t, features, got)
				// Without a rule Compute needs other facts, so use the lock that can read them.
				without, err := r.recording.ComputeWithout(imports, rule)
				if rule == unpruned {
					without, err = r.pruned(t).ComputeWithout(imports, "check")
				}
				if err != nil {
					t.Fatal(err)
				}
				if cmp.Diff(text(want), text(without)) != "" {
					needed = true
				}
			}
			if !needed {
				t.Errorf("no combination differs without the rule %q", rule)
			}
			covered[rule] = true
		})
	}
	for _, rule := range append(lock.Rules(), unpruned) {
		if !covered[rule] {
			t.Errorf("testdata/rules has no archive for the rule %q", rule)
		}
	}
}

// unpruned is the name of a rule without a step of its own.
const unpruned = "read transitive requirements of unpruned modules"

// pruned returns the lock with every go.mod marked as pruned.
func (r recorded) pruned(t *testing.T) *lock.Lock {
	t.Helper()
	l, err := lock.Decode(r.lock.Encode())
	if err != nil {
		t.Fatal(err)
	}
	l.PruneAll()
	return l
}

func text(f lock.Files) [2]string { return [2]string{string(f.Mod), string(f.Sum)} }
