package generator

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/verify/sets"
	"github.com/acton-go/acton-new/templates"
)

// library is a catalog with its templates.
type library struct {
	name string
	fsys fs.FS
	cat  *features.Catalog
}

// libraries returns the real templates, and small ones that use every mechanism.
func libraries(t testing.TB) []library {
	t.Helper()
	return []library{realLibrary(t), smallLibrary(t)}
}

func realLibrary(t testing.TB) library  { return open(t, "real", templates.All) }
func smallLibrary(t testing.TB) library { return open(t, "small", os.DirFS("testdata/catalog")) }

func open(t testing.TB, name string, fsys fs.FS) library {
	t.Helper()
	cat, err := features.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return library{name: name, fsys: fsys, cat: cat}
}

// files renders without go.mod and go.sum, which exist only for recorded sets.
func (l library) files(a Answers) (Tree, error) {
	plan, err := Resolve(l.cat, a)
	if err != nil {
		return nil, err
	}
	return plan.files(l.fsys)
}

func (l library) render(a Answers, version string) (Tree, error) {
	plan, err := Resolve(l.cat, a)
	if err != nil {
		return nil, err
	}
	return Render(l.fsys, plan, version)
}

func (l library) proofs(a Answers) (Tree, error) {
	plan, err := Resolve(l.cat, a)
	if err != nil {
		return nil, err
	}
	return Proofs(l.fsys, plan)
}

func (l library) mustFiles(t testing.TB, a Answers) Tree {
	t.Helper()
	tree, err := l.files(a)
	if err != nil {
		t.Fatalf("%s: %+v: %v", l.name, a, err)
	}
	return tree
}

// firstAndLast returns the first and the last combination: without features, and with all.
func (l library) firstAndLast() (first, last features.Set) {
	n := 0
	for set := range sets.Combinations(l.cat) {
		if n == 0 {
			first = set
		}
		last = set
		n++
	}
	return first, last
}

// combinations returns every combination with the default choices, and the first and the last combination with each
// value of each choice. All have the name and the module of the golden projects.
func (l library) combinations() []Answers {
	var all []Answers
	for set := range sets.Combinations(l.cat) {
		all = append(all, Answers{Name: goldenName, Module: goldenModule, Features: set.Features()})
	}
	first, last := l.firstAndLast()
	return slices.Concat(all, withChoices(all[0], first), withChoices(all[len(all)-1], last))
}

// otherNames returns the first and the last combination with each of the other test names.
func (l library) otherNames() []Answers {
	var all []Answers
	first, last := l.firstAndLast()
	for n, name := range testNames {
		if name != goldenName {
			all = append(all,
				Answers{Name: name, Module: testModules[n], Features: first.Features()},
				Answers{Name: name, Module: testModules[n], Features: last.Features()})
		}
	}
	return all
}

// maxRendered is the number of combinations for checks that render whole projects.
const maxRendered = 64

// someAnswers returns a sample of about so many combinations, for checks that are too slow for every combination. The
// names and modules rotate. It also returns the first and the last combination with each value of each choice.
func (l library) someAnswers(limit int) []Answers {
	var all []Answers
	for i, set := range sets.SampleCombinations(l.cat, limit) {
		n := i % len(testNames)
		all = append(all, Answers{Name: testNames[n], Module: testModules[n], Features: set.Features()})
	}
	first, last := l.firstAndLast()
	all = slices.Concat(all, l.otherNames(), withChoices(Answers{Name: goldenName, Module: goldenModule, Features: first.Features()}, first),
		withChoices(Answers{Name: goldenName, Module: goldenModule, Features: last.Features()}, last))
	if testing.Short() { // the race detector needs only the first and the last
		return []Answers{all[0], {Name: goldenName, Module: goldenModule, Features: last.Features()}}
	}
	return all
}

// withChoices returns the answers with each value of each choice, except the defaults, and with each choice none.
func withChoices(a Answers, set features.Set) []Answers {
	var all []Answers
	none := map[string]string{}
	for _, q := range set.Questions() {
		for _, c := range q.Choices {
			if c.Value != q.Default {
				a.Values = map[string]string{q.Flag: c.Value}
				all = append(all, a)
			}
			if c.Value == features.ValueNone {
				none[q.Flag] = features.ValueNone
			}
		}
	}
	if len(none) > 1 {
		a.Values = none
		all = append(all, a)
	}
	return all
}

// rawFiles calls f with each template file and each fragment. file is the path in the project, or the slot.
func (l library) rawFiles(t testing.TB, f func(at, file, text string, fragment bool)) {
	t.Helper()
	err := fs.WalkDir(l.fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(l.fsys, p)
		if err != nil {
			return err
		}
		if _, file, ok := strings.Cut(p, "/files/"); ok {
			f(p, features.ProjectPath(file), string(data), false)
		} else if _, file, ok := strings.Cut(p, "/slots/"); ok {
			f(p, file, string(data), true)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The names and modules of the rendered projects. They include the shortest and the longest name, and modules that sort
// before and after all dependencies.
var (
	testNames   = []string{"ab", "billing-api", "a-very-long-name-of-a-service-with-40-ch"}
	testModules = []string{
		"a.b/c",
		"github.com/acme/billing-api",
		"zz.example.org/a-department/with-a-very-long-name/and-a-team-in-it/and-at-last-a-service/v2",
	}
)

func TestTestNamesHaveMinimumAndMaximumLength(t *testing.T) {
	lengths := []int{len(testNames[0]), len(testNames[2])}
	if !slices.Equal(lengths, []int{2, 40}) {
		t.Errorf("lengths: got %v, want 2 and 40", lengths)
	}
	for i := range testNames {
		if err := CheckName(testNames[i]); err != nil {
			t.Error(err)
		}
		if err := CheckModule(testModules[i]); err != nil {
			t.Error(err)
		}
	}
}

func (a Answers) String() string {
	return fmt.Sprintf("%s %s %v %v", a.Name, a.Module, a.Features, a.Values)
}

// skipSequential skips a slow sequential test in short mode, which runs with the race detector.
func skipSequential(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("sequential: the race detector cannot find anything here")
	}
}
