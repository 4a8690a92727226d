package generator

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestGoModHasModulePathAndGoSumDoesNotDependOnIt(t *testing.T) {
	l := realLibrary(t)
	var first []byte
	for _, module := range testModules {
		tree, err := l.render(Answers{Name: "ab", Module: module}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		mod, _ := tree.Lookup("go.mod")
		if !strings.HasPrefix(string(mod), "module "+module+"\n") {
			t.Errorf("%s: go.mod: got %.60q, want the module line first", module, mod)
		}
		sum, _ := tree.Lookup("go.sum")
		if first == nil {
			first = sum
		}
		if !bytes.Equal(sum, first) {
			t.Errorf("%s: go.sum differs from that of %s", module, testModules[0])
		}
	}
}

func TestLockModulesRejectsUnknownPackage(t *testing.T) {
	tests := map[string]struct{ pkg, want string }{
		"unknown module":  {"x.example/y", "b/a.go imports x.example/y, but no module with this package is recorded"},
		"unknown package": {"github.com/google/uuid/v9", "b/a.go imports github.com/google/uuid/v9, but no module with this package"},
		"missing package": {"a.b/c/d", "b/a.go imports a.b/c/d, but the project has no such package"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tree := Tree{{Path: "b/a.go", Data: []byte("package b\n\nimport (\n\t_ \"fmt\"\n\t_ \"" + test.pkg + "\"\n)\n")}}
			_, err := lockModules(tree, "a.b/c")
			wantError(t, err, test.want)
		})
	}
}

func TestProjectWithoutImportsHasNoGoSum(t *testing.T) {
	l := smallLibrary(t)
	tree, err := l.render(Answers{Name: "ab", Module: "a.b/c", Features: []string{"disk"}}, "v0")
	if err != nil {
		t.Fatal(err)
	}
	if mod, _ := tree.Lookup("go.mod"); string(mod) != "module a.b/c\n\ngo 1.26.0\n" {
		t.Errorf("go.mod: got %q", mod)
	}
	if _, ok := tree.Lookup("go.sum"); ok {
		t.Error("got a go.sum, want none")
	}
}

func TestProjectsOfSmallCatalogPassVet(t *testing.T) {
	l := smallLibrary(t)
	for _, chosen := range [][]string{nil, {"disk", "zone"}} {
		tree, err := l.render(Answers{Name: "ab", Module: "a.b/c", Features: chosen}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "ab")
		replaceDir(t, dir, tree)
		vet := exec.Command("go", "vet", "./...")
		vet.Dir = dir
		vet.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local")
		if out, err := vet.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", chosen, err, out)
		}
	}
}
