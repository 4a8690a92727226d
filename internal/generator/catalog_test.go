package generator

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/templates"
)

// A library is a catalog with its templates.
type library struct {
	name string
	fsys fs.FS
	cat  *features.Catalog
	memo *memo // what was rendered before; nil keeps nothing
}

// memos are those of the libraries that every test shares.
var memos = map[string]*memo{"real": {}, "small": {}}

// libraries returns the real templates, which may not need every mechanism yet, and small ones that do.
func libraries(t testing.TB) []library {
	t.Helper()
	return []library{realLibrary(t), smallLibrary(t)}
}

func realLibrary(t testing.TB) library  { return open(t, "real", templates.Files) }
func smallLibrary(t testing.TB) library { return open(t, "small", os.DirFS("testdata/catalog")) }

func open(t testing.TB, name string, fsys fs.FS) library {
	t.Helper()
	cat, err := features.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	l := library{name: name, fsys: fsys, cat: cat}
	if _, measured := t.(*testing.B); !measured {
		l.memo = memos[name]
	}
	return l
}

// files renders without the module's files, which exist only for sets that are recorded.
func (l library) files(a Answers) (Tree, error) {
	set, a, err := Resolve(l.cat, a)
	if err != nil {
		return nil, err
	}
	tree, err := renderFiles(l.fsys, l.cat, set, a, l.memo)
	if err != nil {
		return nil, err
	}
	return completeSettings(tree, a.Module, newWords(a.Name, a.Module).replace(samplePrefix))
}

// render is Render with the memo.
func (l library) render(a Answers, version string) (Tree, error) {
	return render(l.fsys, l.cat, a, version, l.memo)
}

func (l library) mustFiles(t testing.TB, a Answers) Tree {
	t.Helper()
	tree, err := l.files(a)
	if err != nil {
		t.Fatalf("%s: %+v: %v", l.name, a, err)
	}
	return tree
}

// sets returns every combination. The first is nothing, the last is everything.
func (l library) sets() []features.Set { return slices.Collect(l.cat.Combinations()) }

// answersFor returns every combination with the defaults, and for nothing and everything each value of each choice.
// Nothing and everything come with each of the names and modules, the others take turns.
func (l library) answersFor() []Answers {
	sets := l.sets()
	if testing.Short() { // for the race detector, which sees it all in nothing and everything
		sets = []features.Set{sets[0], sets[len(sets)-1]}
	}
	var all []Answers
	for i, set := range sets {
		for n := range someNames {
			extreme := i == 0 || i == len(sets)-1
			if !extreme && n != i%len(someNames) {
				continue
			}
			a := Answers{Name: someNames[n], Module: someModules[n], Features: set.Features()}
			all = append(all, a)
			if extreme && n == 0 {
				all = append(all, withChoices(a, set)...)
			}
		}
	}
	return all
}

// combinations returns the same for the name and module of the golden projects only.
func (l library) combinations() []Answers {
	sets := l.sets()
	var all []Answers
	for i, set := range sets {
		a := Answers{Name: goldenName, Module: goldenModule, Features: set.Features()}
		all = append(all, a)
		if i == 0 || i == len(sets)-1 {
			all = append(all, withChoices(a, set)...)
		}
	}
	return all
}

// withChoices returns the answers with each value of each choice that is not the default.
func withChoices(a Answers, set features.Set) []Answers {
	var all []Answers
	for _, q := range set.Questions() {
		for _, c := range q.Choices {
			if c.Value != q.Default {
				a.Values = map[string]string{q.Flag: c.Value}
				all = append(all, a)
			}
		}
	}
	return all
}

// rawFiles calls f with each template file, by its path below the folder's files, and with each fragment.
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
			f(p, restoreDots(file), string(data), false)
		} else if _, file, ok := strings.Cut(p, "/slots/"); ok {
			f(p, file, string(data), true)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The names and modules with which everything is rendered: shortest and longest, and modules that sort before and after
// those of others.
var (
	someNames   = []string{"ab", "billing-api", "a-very-long-name-of-a-service-with-40-ch"}
	someModules = []string{
		"a.b/c",
		"github.com/acme/billing-api",
		"zz.example.org/a-department/with-a-very-long-name/and-a-team-in-it/and-at-last-a-service/v2",
	}
)

func TestTheNamesOfTheTestsAreTheExtremes(t *testing.T) {
	lengths := []int{len(someNames[0]), len(someNames[2])}
	if !slices.Equal(lengths, []int{2, 40}) {
		t.Errorf("lengths: got %v, want 2 and 40", lengths)
	}
	for i := range someNames {
		if err := CheckName(someNames[i]); err != nil {
			t.Error(err)
		}
		if err := CheckModule(someModules[i]); err != nil {
			t.Error(err)
		}
	}
}

func (a Answers) String() string {
	return fmt.Sprintf("%s %s %v %v", a.Name, a.Module, a.Features, a.Values)
}

// oneAfterTheOther leaves out what looks at many files in turn, when the race detector is there for what happens at once.
func oneAfterTheOther(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("looks at one file after the other, which shows the race detector nothing")
	}
}
