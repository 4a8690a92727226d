package generator

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheRecordedModulesAreThoseThatTidyWrites runs go mod tidy on the service without features; what the module cache
// lacks is downloaded. With -record it writes down what tidy made of it.
func TestTheRecordedModulesAreThoseThatTidyWrites(t *testing.T) {
	a := Answers{Name: "ab", Module: sampleModule}
	dir := t.TempDir()
	tree := realLibrary(t).mustFiles(t, a).with(File{Path: "go.mod", Data: minimalMod}, File{Path: "go.sum", Data: minimalSum})
	for _, f := range tree {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tidy := exec.Command("go", "mod", "tidy")
	tidy.Dir = dir
	tidy.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOTOOLCHAIN=local")
	if !*recordLock {
		tidy.Args = append(tidy.Args, "-diff")
	}
	if out, err := tidy.CombinedOutput(); err != nil {
		t.Fatalf("go mod tidy: %v; to record anew: go test ./internal/generator -run RecordedModules -record\n%s", err, out)
	}
	if !*recordLock {
		return
	}
	for from, to := range map[string]string{"go.mod": "lock/minimal.mod", "go.sum": "lock/minimal.sum"} {
		data, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAProjectIsLockedForItsOwnModulePath(t *testing.T) {
	l := realLibrary(t)
	for _, module := range someModules {
		tree, err := Render(l.fsys, l.cat, Answers{Name: "ab", Module: module}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		mod, _ := tree.Lookup("go.mod")
		if !strings.HasPrefix(string(mod), "module "+module+"\n") {
			t.Errorf("%s: go.mod begins with %.60q", module, mod)
		}
		if sum, _ := tree.Lookup("go.sum"); !bytes.Equal(sum, minimalSum) {
			t.Errorf("%s: go.sum is not the recorded one", module)
		}
	}
}

func TestAPackageWithoutRecordedVersionIsNamed(t *testing.T) {
	tree := Tree{{Path: "a.go", Data: []byte("package a\n\nimport (\n\t_ \"a.b/c/d\"\n\t_ \"fmt\"\n\t_ \"x.example/y\"\n)\n")}}
	set, _, err := Resolve(realLibrary(t).cat, Answers{Name: "ab", Module: "a.b/c"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = lockModules(tree, set, "a.b/c")
	wantError(t, err, "a.go imports x.example/y", "no version is recorded")
}

func TestAProjectThatImportsNothingNeedsNoLock(t *testing.T) {
	l := smallLibrary(t)
	tree, err := Render(l.fsys, l.cat, Answers{Name: "ab", Module: "a.b/c", Features: []string{"disk"}}, "v0")
	if err != nil {
		t.Fatal(err)
	}
	if mod, _ := tree.Lookup("go.mod"); string(mod) != "module a.b/c\n\ngo 1.26.0\n" {
		t.Errorf("go.mod: got %q", mod)
	}
	if _, ok := tree.Lookup("go.sum"); ok {
		t.Error("a go.sum was made for no modules")
	}
}

func TestProjectsOfTheSmallCatalogCompile(t *testing.T) {
	l := smallLibrary(t)
	for _, chosen := range [][]string{nil, {"disk", "zone"}} {
		tree, err := Render(l.fsys, l.cat, Answers{Name: "ab", Module: "a.b/c", Features: chosen}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "ab")
		mustWrite(t, tree, Target{Dir: dir})
		vet := exec.Command("go", "vet", "./...")
		vet.Dir = dir
		vet.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local")
		if out, err := vet.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", chosen, err, out)
		}
	}
}
