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

// readUniverse reads the files of modules, whose names begin with MODULE@VERSION/, and of a project from a txtar archive.
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

// TestEveryRuleIsNeeded computes small projects as go mod tidy does, and finds that it would not without a rule. The name
// of a file is that of the rule.
func TestEveryRuleIsNeeded(t *testing.T) {
	names, err := filepath.Glob("testdata/rules/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{"load": true, "require": true, "check": true} // without one of the first two nothing remains
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
				want := r.tidied(t, features)
				imports := importsOf(t, u.files(features))
				got, err := r.lock.Compute(imports)
				if err != nil {
					t.Fatalf("%v: %v", features, err)
				}
				if diff := cmp.Diff(text(want), text(got)); diff != "" {
					t.Errorf("%v (-tidy +computed):\n%s", features, diff)
				}
				r.wantTidy(t, features, got)
				// Without a rule other facts count than those that were written down.
				without, err := r.learning.ComputeWithout(imports, rule)
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
				t.Errorf("every combination is the same without the rule %q", rule)
			}
			shown[rule] = true
		})
	}
	for _, rule := range append(lock.Rules(), unpruned) {
		if !shown[rule] {
			t.Errorf("testdata/rules shows nothing of the rule %q", rule)
		}
	}
}

// unpruned is the name of a rule that is no step of its own.
const unpruned = "read what is below an unpruned go.mod"

// pruned returns the lock with every go.mod read as if it were pruned.
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
