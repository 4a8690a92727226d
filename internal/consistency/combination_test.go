package consistency

import (
	"cmp"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/acton-go/acton-new/internal/exporters"
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
	cat, err := features.Load(templates.All)
	if err != nil {
		t.Fatal(err)
	}
	return renderer{cat}
}

// project renders a feature set into a file system.
func (r renderer) project(t testing.TB, set features.Set) fstest.MapFS {
	t.Helper()
	return r.named(t, testName, set)
}

// named renders a feature set for a service with the name.
func (r renderer) named(t testing.TB, name string, set features.Set) fstest.MapFS {
	t.Helper()
	plan, err := generator.Resolve(r.cat, generator.Answers{
		Name: name, Module: testModule, Features: set.Features(), Values: set.Choices(),
	})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := generator.Render(templates.All, plan, projects.Version) // projects.Render would keep hundreds of projects
	if err != nil {
		t.Fatal(err)
	}
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

// maxProjects is the maximum number of projects to check, each with a value of each choice. Of more, they are a sample
// with a pairwise cover: a rule compares two files, and few files depend on more than two features or choices.
const maxProjects = 200

// unknownMetrics returns the metrics in queries that nothing is known to export. The rule for projects accepts a name
// that resembles no other, because a team may have added an exporter. The templates have no unknown exporter.
func unknownMetrics(p *Project) []Problem {
	var all []Problem
	for _, q := range p.monitoring.queries {
		for _, name := range q.metrics {
			_, exported := exporters.Lookup(name)
			if !exported && !ownMetrics[name] && p.golang.metrics[name] == "" && p.monitoring.recorded[name] == nil {
				all = append(all, problemInFile(q.file, q.line, q.key, "register it with a literal name, or correct it", "queries %s, which nothing exports", name))
			}
		}
	}
	return all
}

// A misspelt metric is a problem of the templates even if it resembles no other.
func TestUnknownMetricsAreProblemsOfTheTemplates(t *testing.T) {
	r := newRenderer(t)
	files := r.project(t, r.set(t, r.minimal()))
	name := watch + "dashboards/service.json"
	text := strings.Replace(string(files[name].Data), "http_server_active_requests", "zttp_zerver_zactive", 1)
	files[name] = &fstest.MapFile{Data: []byte(text)}
	p, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if got := unknownMetrics(p); len(got) != 1 || !strings.Contains(got[0].Message, "zttp_zerver_zactive") {
		t.Errorf("got %v, want one problem", got)
	}
}

// The test renders every combination of features with every value of every choice, or a sample of them.
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
				p, err := Load(r.project(t, set))
				if err != nil {
					t.Errorf("%s: %v", set.Name(), err)
					continue
				}
				mutex.Lock()
				for _, f := range append(p.Check(), unknownMetrics(p)...) {
					projects[f] = append(projects[f], set.Name())
				}
				mutex.Unlock()
			}
		})
	}
	all := sets.Sample(r.cat, maxProjects)
	if testing.Short() { // fewer sets are enough for the race detector
		all = sets.SampleCombinations(r.cat, 8)
	}
	n := 0
	for _, set := range all {
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
