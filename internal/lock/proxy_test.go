package lock_test

import (
	"archive/zip"
	"bytes"
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
	"github.com/acton-go/acton-new/internal/lock/modcache"
)

// universe is all modules there are: their files by version, and those of a project that uses them. A project is a set of
// folders, as a service is one of features; its go.mod is that of the module which pins the versions.
type universe struct {
	modules map[module.Version]map[string]string
	project map[string]string
}

// serve makes a module proxy of the universe, with a cache of its own, and returns the go command that uses them.
func (u universe) serve(t testing.TB) modcache.Go {
	t.Helper()
	root := t.TempDir()
	versions := map[string][]string{}
	for v, files := range u.modules {
		dir := filepath.Join(root, filepath.FromSlash(v.Path), "@v")
		var archive bytes.Buffer
		w := zip.NewWriter(&archive)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			f, err := w.Create(v.String() + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write([]byte(files[name])); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		mod, ok := files["go.mod"]
		if !ok {
			mod = "module " + v.Path + "\n" // as the go command makes one up
		}
		write(t, dir, map[string]string{
			v.Version + ".info": `{"Version": "` + v.Version + `", "Time": "2026-01-01T12:00:00Z"}`,
			v.Version + ".mod":  mod,
			v.Version + ".zip":  archive.String(),
		})
		versions[dir] = append(versions[dir], v.Version)
	}
	for dir, list := range versions {
		write(t, dir, map[string]string{"list": strings.Join(list, "\n") + "\n"})
	}
	return modcache.Go{Env: []string{
		"GOPROXY=file://" + filepath.ToSlash(root), "GOMODCACHE=" + t.TempDir(), "GOFLAGS=-modcacherw",
		"GOSUMDB=off", "GONOSUMDB=", "GOPRIVATE=", "GOWORK=off",
	}}
}

func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
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
	imports, err := lock.ImportsOf("project.test", func(yield func(string, []byte) bool) {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if !yield(name, []byte(files[name])) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
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
	command := u.serve(t)
	dir := t.TempDir()
	write(t, dir, u.files(u.features()))
	write(t, dir, map[string]string{"go.mod": u.project["go.mod"]})
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
	write(t, dir, r.files(features))
	mod := "module project.test\n\ngo " + projectGo + "\n\nrequire (\n"
	for _, v := range r.pins {
		mod += "\t" + v.Path + " " + v.Version + "\n"
	}
	write(t, dir, map[string]string{"go.mod": mod + ")\n"})
	if _, err := r.command.Run(t.Context(), dir, "mod", "tidy"); err != nil {
		t.Fatalf("%v: %v", features, err)
	}
	return read(t, dir)
}

// wantTidy asserts that go mod tidy finds nothing to change.
func (r recorded) wantTidy(t testing.TB, features []string, files lock.Files) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, r.files(features))
	write(t, dir, map[string]string{"go.mod": string(files.Mod), "go.sum": string(files.Sum)})
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
