package generator

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/variants"
)

// budget is the number of features on which a package outside of the wiring may depend. A package on n features has up
// to 2^n variants, each of which takes time to check, and each of which somebody has to keep right.
const budget = 6

// wiring is where all features meet.
var wiring = []string{"cmd", "internal/app", "internal/config"}

// universe holds the packages that projects import from elsewhere. It is read once for all tests.
var universe = sync.OnceValues(func() (*variants.Universe, error) {
	dir, err := os.MkdirTemp("", "pinned")
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "go.mod"), minimalMod, 0o600),
		os.WriteFile(filepath.Join(dir, "go.sum"), minimalSum, 0o600),
	)
	return variants.NewUniverse(dir), err
})

func mustUniverse(t testing.TB) *variants.Universe {
	t.Helper()
	u, err := universe()
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// family renders projects on all processors.
func (l library) family(t testing.TB, all []Answers) *variants.Family {
	t.Helper()
	family := &variants.Family{}
	next := make(chan Answers)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for a := range next {
				tree, err := l.files(a)
				if err != nil {
					t.Errorf("%s: %v: %v", l.name, a, err)
					continue
				}
				family.Add(l.version(a, tree))
			}
		})
	}
	for _, a := range all {
		next <- a
	}
	close(next)
	workers.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return family
}

// version is a tree as the checker takes it. The value of a choice counts as a feature, which it brings.
func (l library) version(a Answers, tree Tree) variants.Version {
	v := variants.Version{Module: a.Module, Features: slices.Clone(a.Features)}
	for flag, value := range a.Values {
		v.Features = append(v.Features, flag+"-"+value)
	}
	slices.Sort(v.Features)
	for _, f := range tree {
		v.Files = append(v.Files, variants.File(f))
	}
	return v
}

func (l library) check(t testing.TB, all []Answers) *variants.Report {
	t.Helper()
	report, err := l.family(t, all).Check(mustUniverse(t), "go"+goVersion)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Law 4: every combination type-checks with its tests and passes go vet. No file is for another system only, or it would
// not have been looked at.
func TestEveryCombinationCompilesAndPassesVet(t *testing.T) {
	for _, l := range libraries(t) {
		report := l.check(t, l.answersFor())
		for _, f := range report.Faults {
			t.Errorf("%s: %v", l.name, f)
		}
		var table strings.Builder
		if err := report.Write(&table); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s:\n%s", l.name, &table)
		for _, p := range report.Over(budget, wiring...) {
			t.Errorf("%s: %s depends on %d features, at most %d are allowed: %s\n"+
				"give each of them a package of its own that %s does not import, and let internal/app tie them together",
				l.name, p.Dir, len(p.Features), budget, strings.Join(p.Features, " "), p.Dir)
		}
	}
}

var _ = features.Set{}
