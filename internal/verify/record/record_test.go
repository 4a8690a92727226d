package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/lock"
	"github.com/acton-go/acton-new/internal/verify/documents"
	"github.com/acton-go/acton-new/internal/verify/record/locktest"
	"github.com/acton-go/acton-new/internal/verify/record/modcache"
	"github.com/acton-go/acton-new/templates"
)

// TestRecordIsUpToDate does the same as record -check. It downloads modules that are not in the module cache.
func TestRecordIsUpToDate(t *testing.T) {
	r := recorder{root: filepath.FromSlash("../../.."), templates: templates.All, check: true}
	if err := r.run(t.Context()); err != nil {
		t.Error(err)
	}
}

func wantError(t *testing.T, err error, want ...string) {
	t.Helper()
	for _, w := range want {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("got error %v, want one with %q", err, w)
		}
	}
}

// fixture is a repository with a catalog of one feature, and modules that its templates can import.
type fixture struct {
	recorder
	files fstest.MapFS
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	modules := map[module.Version]map[string]string{}
	for _, path := range []string{"a.test/a", "b.test/b", "c.test/c"} {
		for _, version := range []string{"v1.0.0", "v1.1.0"} {
			mod := "module " + path + "\n\ngo 1.24\n"
			if path == "a.test/a" {
				mod += "\nrequire b.test/b " + version + "\n"
			}
			modules[module.Version{Path: path, Version: version}] = map[string]string{
				"go.mod": mod, "x.go": "package x\n", "x_test.go": "package x\n", "deep/x.go": "package x\n",
			}
		}
		modules[module.Version{Path: path, Version: "v1.2.0"}] = map[string]string{
			"go.mod": "module " + path + "\n\ngo 1.999\n", "x.go": "package x\n",
		}
	}
	f := fixture{files: fstest.MapFS{
		"_base/feature.yaml":       {Data: []byte("title: T\nsummary: S.\n")},
		"_base/files/a/a.go":       {Data: []byte("package a\n\nimport (\n\t//{{slot \"a/imports\"}}\n\t_ \"a.test/a\"\n)\n")},
		"_features/f/feature.yaml": {Data: []byte("title: T\nsummary: S.\ngroup: g\n")},
		"_features/f/files/doc.md": {Data: []byte("text\n")},
	}}
	f.recorder = recorder{root: t.TempDir(), templates: f.files, command: locktest.Serve(t, modules)}
	locktest.Write(t, f.pinned(), map[string]string{"go.mod": "module pinned.test\n\ngo 1.26.0\n\nrequire a.test/a v1.0.0\n"})
	return f
}

func (f fixture) pinned() string { return filepath.Join(f.root, "internal", "lock", "pinned") }

func (f fixture) lockText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.root, "internal", "lock", "lock.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (f fixture) checker() recorder {
	r := f.recorder
	r.check = true
	return r
}

func (f fixture) mustRecord(t *testing.T) {
	t.Helper()
	if err := f.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.checker().run(t.Context()); err != nil {
		t.Errorf("check after recording: %v", err)
	}
}

func TestRecordAfterVersionBump(t *testing.T) {
	f := newFixture(t)
	wantError(t, f.checker().run(t.Context()), "deps.go", "go generate ./internal/lock")
	if _, err := os.Stat(filepath.Join(f.pinned(), "deps.go")); err == nil {
		t.Error("-check wrote deps.go")
	}
	f.mustRecord(t)
	if text := f.lockText(t); !strings.Contains(text, "\npin a.test/a v1.0.0 1.24 h1:") {
		t.Errorf("lock.txt:\n%s", text)
	}

	if _, err := f.command.Run(t.Context(), f.pinned(), "get", "a.test/a@v1.1.0"); err != nil {
		t.Fatal(err)
	}
	wantError(t, f.checker().run(t.Context()), "go generate ./internal/lock")
	f.mustRecord(t)
	if text := f.lockText(t); !strings.Contains(text, "\npin a.test/a v1.1.0 1.24 h1:") || strings.Contains(text, "v1.0.0") {
		t.Errorf("lock.txt:\n%s", text)
	}

	_, err := f.command.Run(t.Context(), f.pinned(), "get", "a.test/a@v1.2.0")
	wantError(t, err, "a.test/a@v1.2.0 requires go >= 1.999")
	wantPin := "module pinned.test\n\ngo 1.26.0\n\nrequire a.test/a v1.2.0\n"
	locktest.Write(t, f.pinned(), map[string]string{"go.mod": wantPin})
	wantError(t, f.run(t.Context()), "a.test/a@v1.2.0 requires go >= 1.999")
}

// TestReadmeCommandsBumpAVersion runs the commands of the README in a copy of this repository. It bumps a module to its
// current version, so it needs no network. It does not run the last command, which updates golden/.
func TestReadmeCommandsBumpAVersion(t *testing.T) {
	text, err := os.ReadFile("../../lock/README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := documents.Blocks(string(text))
	if err != nil || len(blocks) != 1 {
		t.Fatalf("README.md: got %d blocks, %v, want one", len(blocks), err)
	}
	commands, golden, _ := strings.Cut(blocks[0].Text, "go test")
	if golden != " ./internal/generator -run Golden -update\n" {
		t.Errorf("README.md: got the last command go test%s, want go test ./internal/generator -run Golden -update", golden)
	}
	root, clone := filepath.FromSlash("../../.."), t.TempDir()
	for _, folder := range []string{"internal", "templates"} {
		if err := os.CopyFS(filepath.Join(clone, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		locktest.Write(t, clone, map[string]string{file: string(data)})
	}
	pinned := pinnedModule{dir: filepath.Join(clone, "internal", "lock", "pinned")}
	if err := pinned.read(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = clone
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-trimpath",
		"MODULE="+pinned.requires[0].Path, "VERSION="+pinned.requires[0].Version)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, file := range []string{"lock.txt", "pinned/go.mod", "pinned/go.sum", "pinned/deps.go"} {
		want, err := os.ReadFile(filepath.Join(root, "internal", "lock", file))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(clone, "internal", "lock", file))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s: changed after a bump to the same version: %v", file, err)
		}
	}
}

func TestRecordAfterNewModule(t *testing.T) {
	f := newFixture(t)
	f.mustRecord(t)
	f.files["_features/f/slots/a/imports"] = &fstest.MapFile{Data: []byte("_ \"b.test/b\"\n_ \"c.test/c/deep\"\n_ \"c.test/c\"\n")}
	err := f.run(t.Context())
	wantError(t, err, "\tb.test/b, imported by a/a.go\n", "\tc.test/c/deep, imported by a/a.go\n",
		"\n\tgo -C internal/lock/pinned get b.test/b@VERSION c.test/c@VERSION\n\tgo generate ./internal/lock")
	_, command, _ := strings.Cut(err.Error(), "\tgo -C internal/lock/pinned ")
	command, _, _ = strings.Cut(command, "\n")
	command = strings.ReplaceAll(command, "VERSION", "v1.0.0")
	if _, err := f.command.Run(t.Context(), f.pinned(), strings.Fields(command)...); err != nil {
		t.Fatal(err)
	}
	f.mustRecord(t)
	if text := f.lockText(t); !strings.Contains(text, "\npin c.test/c v1.0.0") || !strings.Contains(text, "\n\tpackage deep") {
		t.Errorf("lock.txt:\n%s", text)
	}
	l, err := lock.Decode([]byte(f.lockText(t)))
	if err != nil {
		t.Fatal(err)
	}
	imports, err := combinationsOf(f.files)
	if err != nil || len(imports) != 2 {
		t.Fatalf("got %d combinations, %v", len(imports), err)
	}
	for _, i := range imports {
		if _, err := l.Compute(i); err != nil {
			t.Error(err)
		}
	}
}

func TestRecordPinsTestImportsInATestFile(t *testing.T) {
	f := newFixture(t)
	f.files["_base/files/a/a_test.go"] = &fstest.MapFile{Data: []byte("package a\n\nimport (\n\t_ \"a.test/a\"\n\t_ \"b.test/b\"\n)\n")}
	if _, err := f.command.Run(t.Context(), f.pinned(), "get", "b.test/b@v1.0.0"); err != nil {
		t.Fatal(err)
	}
	f.mustRecord(t)
	name := filepath.Join(f.pinned(), "deps_test.go")
	if text, err := os.ReadFile(name); err != nil || !strings.Contains(string(text), `_ "b.test/b"`) || strings.Contains(string(text), "a.test") {
		t.Errorf("deps_test.go: %v\n%s", err, text)
	}
	delete(f.files, "_base/files/a/a_test.go")
	wantError(t, f.checker().run(t.Context()), "deps_test.go")
	f.mustRecord(t)
	if _, err := os.Stat(name); err == nil {
		t.Error("deps_test.go was not removed")
	}
}

func TestRecordRejectsUnsupportedPinnedModule(t *testing.T) {
	tests := map[string]struct{ mod, want string }{
		"replace": {"module p.test\n\ngo 1.26.0\n\nreplace a.test/a => ./a\n", "replace and exclude"},
		"exclude": {"module p.test\n\ngo 1.26.0\n\nexclude a.test/a v1.0.0\n", "replace and exclude"},
		"no go":   {"module p.test\n", "missing go line"},
		"old go":  {"module p.test\n\ngo 1.20\n", "1.21 or newer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			locktest.Write(t, f.pinned(), map[string]string{"go.mod": test.mod})
			wantError(t, f.run(t.Context()), test.want)
		})
	}
}

func TestRecordRejectsModifiedModuleCache(t *testing.T) {
	f := newFixture(t)
	f.mustRecord(t)
	cache, err := f.command.Run(t.Context(), f.root, "env", "GOMODCACHE")
	if err != nil {
		t.Fatal(err)
	}
	locktest.Write(t, filepath.Join(strings.TrimSpace(string(cache)), "a.test", "a@v1.0.0"), map[string]string{"x.go": "package y\n"})
	wantError(t, f.run(t.Context()), "a.test/a v1.0.0", "modified")
}

func TestRecordRequiresChecksumDatabase(t *testing.T) {
	valid := goEnv{GOMOD: "/x/go.mod", GOSUMDB: "sum.golang.org", GOFLAGS: "-buildvcs=false"}
	if err := valid.check(); err != nil {
		t.Error(err)
	}
	tests := map[string]func(e *goEnv){
		"GOSUMDB=off":            func(e *goEnv) { e.GOSUMDB = "off" },
		"GOSUMDB=sum.example":    func(e *goEnv) { e.GOSUMDB = "sum.example+1+key" },
		"GONOSUMDB=a.test":       func(e *goEnv) { e.GONOSUMDB = "a.test" },
		"GOPRIVATE=a.test":       func(e *goEnv) { e.GOPRIVATE = "a.test" },
		"GOINSECURE=a.test":      func(e *goEnv) { e.GOINSECURE = "a.test" },
		"GOFLAGS=-insecure":      func(e *goEnv) { e.GOFLAGS = "-insecure" },
		"GOFLAGS=-modfile=x.mod": func(e *goEnv) { e.GOFLAGS = "-modfile=x.mod" },
		"GOWORK=/x/go.work":      func(e *goEnv) { e.GOWORK = "/x/go.work" },
		"not in a module":        func(e *goEnv) { e.GOMOD = os.DevNull },
	}
	for want, change := range tests {
		e := valid
		change(&e)
		wantError(t, e.check(), want)
	}

	t.Setenv("GOSUMDB", "off")
	_, err := environment(t.Context())
	wantError(t, err, "GOSUMDB=off", "unset it")
}

func TestGoCommandErrorContainsOutput(t *testing.T) {
	_, err := modcache.Go{}.Run(t.Context(), t.TempDir(), "mod", "tidy")
	wantError(t, err, "go mod tidy: exit status 1", "go.mod file not found")
}
