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
	"github.com/acton-go/acton-new/internal/verify/record/locktest"
	"github.com/acton-go/acton-new/internal/verify/record/modcache"
)

// universe holds the files of fake modules, and of a project that uses them. Each folder of the project is a feature.
// Its go.mod pins the versions.
type universe struct {
	modules map[module.Version]map[string]string
	project map[string]string
}

// features returns the folders of the project.
func (u universe) features() []string {
	folders := map[string]bool{}
	for file := range u.project {
		if first, _, ok := strings.Cut(file, "/"); ok {
			folders[first] = true
		}
	}
	return slices.Sorted(maps.Keys(folders))
}

// combinations returns every set of features, except the empty one.
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

// recorded is a universe with its lock.
type recorded struct {
	universe
	command   modcache.Go
	pins      []module.Version
	recording *lock.Lock // has computed every combination, and can read more facts
	lock      *lock.Lock // decoded from the text of recording
}

const projectGo = "1.26.0"

// record runs go mod tidy in the project, and records a lock from its go.mod. It fails if go mod tidy fails.
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
	if r.pins, err = lock.Closure(projectGo, roots, importsOf(t, u.files(u.features())), source); err != nil {
		return recorded{}, err
	}
	r.recording = lock.Record(projectGo, r.pins, source)
	for _, features := range u.combinations() {
		if _, err := r.recording.Compute(importsOf(t, u.files(features))); err != nil {
			return recorded{}, err
		}
	}
	if r.lock, err = lock.Decode(r.recording.Encode()); err != nil {
		t.Fatalf("%v\n%s", err, r.recording.Encode())
	}
	return r, nil
}

// tidy returns the files that go mod tidy writes for a project whose go.mod requires all pins.
func (r recorded) tidy(t testing.TB, features []string) lock.Files {
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

// wantTidy checks that go mod tidy does not change the files.
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
