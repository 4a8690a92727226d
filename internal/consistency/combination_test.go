package consistency

import (
	"cmp"
	"io/fs"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/internal/verify/sets"
	"github.com/acton-go/acton-new/templates"
)

const (
	testName   = "billing-api"
	testModule = "github.com/acme/billing-api"
)

// renderer renders projects from the real templates.
type renderer struct{ cat *features.Catalog }

func newRenderer(t testing.TB) renderer {
	t.Helper()
	cat, err := features.Load(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	return renderer{cat}
}

// project renders a feature set into a file system.
func (r renderer) project(t testing.TB, set features.Set) fstest.MapFS {
	t.Helper()
	tree := projects.Render(t, generator.Answers{
		Name: testName, Module: testModule, Features: set.Features(), Values: set.Choices(),
	})
	files := fstest.MapFS{}
	for _, f := range tree {
		files[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	return files
}

// set resolves a selection.
func (r renderer) set(t testing.TB, selection features.Selection) features.Set {
	t.Helper()
	set, err := r.cat.Resolve(selection)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// minimal selects no features.
func (r renderer) minimal() features.Selection { return features.Selection{} }

// full selects every visible feature.
func (r renderer) full() features.Selection {
	var all []string
	for _, f := range r.cat.Visible() {
		all = append(all, f.Name)
	}
	return features.Selection{Features: all}
}

// The test renders every combination of features with every value of every choice.
func TestNoCombinationHasAProblem(t *testing.T) {
	r := newRenderer(t)
	var (
		workers  sync.WaitGroup
		mutex    sync.Mutex
		projects = map[Problem][]string{} // names of the projects with a problem
		next     = make(chan features.Set)
	)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for set := range next {
				problems, err := Check(r.project(t, set))
				if err != nil {
					t.Errorf("%s: %v", set.Name(), err)
				}
				mutex.Lock()
				for _, f := range problems {
					projects[f] = append(projects[f], set.Name())
				}
				mutex.Unlock()
			}
		})
	}
	all := sets.All(r.cat)
	if testing.Short() { // fewer sets are enough for the race detector
		all = sets.Combinations(r.cat)
	}
	n := 0
	for set := range all {
		next <- set
		n++
	}
	close(next)
	workers.Wait()
	for f, names := range projects {
		shortest := slices.MinFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
		t.Errorf("%v\nin %d of %d projects, for example %s", f, len(names), n, shortest)
	}
	t.Logf("%d projects", n)
}

func BenchmarkCheck(b *testing.B) {
	r := newRenderer(b)
	var project fs.FS = r.project(b, r.set(b, r.full()))
	for b.Loop() {
		if _, err := Check(project); err != nil {
			b.Fatal(err)
		}
	}
}

// skipInShortMode skips a sequential test, in which the race detector cannot find anything.
func skipInShortMode(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("sequential: nothing for the race detector to find")
	}
}
