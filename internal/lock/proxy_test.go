package lock_test

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/lock"
	"github.com/acton-go/acton-new/internal/lock/locktest"
	"github.com/acton-go/acton-new/internal/lock/modcache"
)

// universe is all modules there are: their files by version, and those of a project that uses them. A project is a set of
// folders, as a service is one of features; its go.mod is that of the module which pins the versions.
type universe struct {
	modules map[module.Version]map[string]string
	project map[string]string
}

// features returns the folders of the project that can be chosen.
func (u universe) features() []string {
	folders := map[string]bool{}
	for file := range u.project {
		if first, _, ok := strings.Cut(file, "/"); ok {
			folders[first] = true
		}
	}
	return slices.Sorted(maps.Keys(folders))
}

// combinations returns every set of features, and nothing when there are none.
func (u universe) combinations() [][]string {
	var all [][]string
	features := u.features()
	for mask := 1; mask < 1<<len(features); mask++ {
		var chosen []string
		for i, f := range features {
			if mask&(1<<i) != 0 {
				chosen = append(chosen, f)
			}
		}
		all = append(all, chosen)
	}
	return all
}

// files returns the Go files of the project with these features.
func (u universe) files(features []string) map[string]string {
	files := map[string]string{}
	for file, text := range u.project {
		if first, _, _ := strings.Cut(file, "/"); path.Ext(file) == ".go" && slices.Contains(features, first) {
			files[file] = text
		}
	}
	return files
}

func importsOf(t testing.TB, files map[string]string) *lock.Imports {
	t.Helper()
	var all []lock.GoFile
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, counts, err := lock.ReadGoFile(name, []byte(files[name]))
		if err != nil {
			t.Fatal(err)
		}
		if counts {
			all = append(all, file)
		}
	}
	return lock.Collect("project.test", all)
}

// recorded is a lock for a universe, with what is needed to judge it.
type recorded struct {
	universe
	command  modcache.Go
	pins     []module.Version
	learning *lock.Lock // has computed every combination
	lock     *lock.Lock // is what was written down
}

const projectGo = "1.26.0"

// record tidies the module that pins the versions, and makes a lock from it. It fails where go mod tidy does.
func (u universe) record(t testing.TB) (recorded, error) {
	t.Helper()
	command := locktest.Serve(t, u.modules)
	dir := t.TempDir()
	locktest.Write(t, dir, u.files(u.features()))
	locktest.Write(t, dir, map[string]string{"go.mod": u.project["go.mod"]})
	if _, err := command.Run(t.Context(), dir, "mod", "tidy"); err != nil {
		return recorded{}, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	var roots []module.Version
	for _, r := range file.Require {
		roots = append(roots, r.Mod)
	}
	module.Sort(roots)

	source, err := modcache.New(t.Context(), command, projectGo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	r := recorded{universe: u, command: command}
	if r.pins, err = lock.Close(projectGo, roots, importsOf(t, u.files(u.features())), source); err != nil {
		return recorded{}, err
	}
	r.learning = lock.Record(projectGo, r.pins, source)
	for _, features := range u.combinations() {
		if _, err := r.learning.Compute(importsOf(t, u.files(features))); err != nil {
			return recorded{}, err
		}
	}
	if r.lock, err = lock.Decode(r.learning.Encode()); err != nil {
		t.Fatalf("%v\n%s", err, r.learning.Encode())
	}
	return r, nil
}

// tidied returns what go mod tidy makes of a project, when its go.mod has all the pins before.
func (r recorded) tidied(t testing.TB, features []string) lock.Files {
	t.Helper()
	dir := t.TempDir()
	locktest.Write(t, dir, r.files(features))
	mod := "module project.test\n\ngo " + projectGo + "\n\nrequire (\n"
	for _, v := range r.pins {
		mod += "\t" + v.Path + " " + v.Version + "\n"
	}
	locktest.Write(t, dir, map[string]string{"go.mod": mod + ")\n"})
	if _, err := r.command.Run(t.Context(), dir, "mod", "tidy"); err != nil {
		t.Fatalf("%v: %v", features, err)
	}
	return read(t, dir)
}

// wantTidy asserts that go mod tidy finds nothing to change.
func (r recorded) wantTidy(t testing.TB, features []string, files lock.Files) {
	t.Helper()
	dir := t.TempDir()
	locktest.Write(t, dir, r.files(features))
	locktest.Write(t, dir, map[string]string{"go.mod": string(files.Mod), "go.sum": string(files.Sum)})
	if _, err := r.command.Run(t.Context(), dir, "mod", "tidy", "-diff"); err != nil {
		t.Errorf("%v: %v", features, err)
	}
}

func read(t testing.TB, dir string) lock.Files {
	t.Helper()
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return lock.Files{Mod: mod, Sum: sum}
}
