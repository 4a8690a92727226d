package generator

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/lock"
	"github.com/acton-go/acton-new/templates"
)

const (
	goldenFolder = "../../golden"
	goldenName   = "billing-api"
	goldenModule = "github.com/acme/billing-api"

	// goldenVersion is independent of releases, so that a release does not change the golden projects.
	goldenVersion = "v0.0.0-golden"
)

// goldens returns the projects in golden/. A diff of golden/ shows the effect of a template change on whole projects:
// one without features, and one with all.
func (l library) goldens() map[string]Answers {
	_, last := l.firstAndLast()
	return map[string]Answers{
		"minimal": {Name: goldenName, Module: goldenModule},
		"full":    {Name: goldenName, Module: goldenModule, Features: last.Features()},
	}
}

// goldenPath returns the path of a rendered file in golden/. It renames .gitignore, which would apply to this
// repository.
func goldenPath(file string) string {
	if dir, name := path.Split(file); name == ".gitignore" {
		return dir + "dot_gitignore"
	}
	return file
}

// Law 6: the golden projects are up to date. -update rewrites them.
func TestGoldenProjectsAreUpToDate(t *testing.T) {
	l := realLibrary(t)
	for name, answers := range l.goldens() {
		tree, err := l.render(answers, goldenVersion)
		if err != nil {
			t.Fatal(err)
		}
		var want Tree
		for _, f := range tree {
			want = append(want, File{Path: goldenPath(f.Path), Data: f.Data})
		}
		dir := filepath.Join(goldenFolder, name)
		if *update {
			replaceDir(t, dir, want.with())
			continue
		}
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("golden/%s is missing; run go test ./internal/generator -run Golden -update", name)
		}
		if diff := diffTrees(readTree(t, dir), want.with()); diff != "" {
			t.Errorf("golden/%s is out of date; run go test ./internal/generator -run Golden -update (-rendered +golden):\n%s",
				name, diff)
		}
	}
}

// combinationsFile has a line for each path: the hash of its contents in all combinations, their number, the path, and
// the features on which the content depends. See fileTable.
const combinationsFile = "combinations.txt"

// Laws 3 and 6: the files of every combination are up to date. The table omits the list of settings in referenceFile.
func TestGoldenHashesAreUpToDate(t *testing.T) {
	if testing.Short() {
		t.Skip("the table needs every combination")
	}
	l := realLibrary(t)
	table := l.survey(t).table
	l.addModules(t, table)
	text, file := table.String(), filepath.Join(goldenFolder, combinationsFile)
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(text, "\n"), strings.Split(string(data), "\n")); diff != "" {
		t.Errorf("golden/%s is out of date; run go test ./internal/generator -run Golden -update (-rendered +golden):\n%s",
			combinationsFile, diff)
	}
}

// addModules adds the go.mod and the go.sum of every combination to a table.
func (l library) addModules(t *testing.T, table *fileTable) {
	t.Helper()
	reader := NewImportReader(l.fsys)
	computed := map[string]lock.Files{}
	for i, a := range l.combinations() {
		plan, err := Resolve(l.cat, a)
		if err != nil {
			t.Fatal(err)
		}
		imports, err := reader.Imports(plan.Set)
		if err != nil {
			t.Fatal(err)
		}
		files, ok := computed[imports.Key()]
		if !ok {
			if files, err = lock.Recorded().Compute(imports); err != nil {
				t.Fatalf("%v: %v; run go generate ./internal/lock", a, err)
			}
			computed[imports.Key()] = files
		}
		table.add(i, "go.mod", sha256.Sum256(files.Mod))
		if len(files.Sum) > 0 {
			table.add(i, "go.sum", sha256.Sum256(files.Sum))
		}
	}
}

func replaceDir(t *testing.T, dir string, tree Tree) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range tree {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The command embeds only what it renders.
func TestEmbeddedFilesRenderTheSameProjects(t *testing.T) {
	l := realLibrary(t)
	embedded := open(t, "embedded", templates.Files)
	for name, answers := range l.goldens() {
		if diff := diffTrees(embedded.mustFiles(t, answers), l.mustFiles(t, answers)); diff != "" {
			t.Errorf("%s (-all files +embedded):\n%s", name, diff)
		}
	}
	for _, f := range embedded.cat.All() {
		if len(f.Probes) > 0 || len(f.Proofs) > 0 {
			t.Errorf("%s: the command embeds its probes or proofs", f.Name)
		}
	}
}

// The directive go:embed skips some files, for example those below a folder with a go.mod.
func TestEmbeddedTemplatesAreComplete(t *testing.T) {
	list := func(fsys fs.FS) []string {
		var files []string
		for _, root := range []string{"_base", "_features"} {
			err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					files = append(files, p)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return files
	}
	if diff := cmp.Diff(list(os.DirFS("../../templates")), list(templates.All)); diff != "" {
		t.Errorf("templates (-on disk +embedded):\n%s", diff)
	}
}

var slotRow = regexp.MustCompile("(?m)^\\| `([a-z0-9-]+/[a-z0-9-]+)` \\| `([^`]+)` \\| [^|]*\\S[^|]* \\|$")

func TestTemplatesReadmeListsAllSlots(t *testing.T) {
	data, err := os.ReadFile("../../templates/README.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range slotRow.FindAllStringSubmatch(string(data), -1) {
		documented[row[1]] = row[2]
	}
	defined := map[string]string{}
	realLibrary(t).rawFiles(t, func(_, file, text string, fragment bool) {
		slots, err := slotsOf(file, text)
		if err != nil || fragment {
			return
		}
		for _, s := range slots {
			defined[s.name] = file
		}
	})
	if diff := cmp.Diff(defined, documented); diff != "" {
		t.Errorf("slots (-templates +templates/README.md):\n%s", diff)
	}
}
