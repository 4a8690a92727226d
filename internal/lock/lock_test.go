package lock_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/lock"
)

func TestScanAcceptsEveryBuildConstraintExceptIgnore(t *testing.T) {
	tests := map[string]struct {
		head string
		want bool
	}{
		"none":                      {"", true},
		"another system":            {"//go:build plan9 && mips\n\n", true},
		"not this system":           {"//go:build !linux && !darwin && !windows\n\n", true},
		"contradiction":             {"//go:build integration && !integration\n\n", true},
		"ignore":                    {"//go:build ignore\n\n", false},
		"ignore among others":       {"//go:build linux && ignore\n\n", false},
		"not ignore":                {"//go:build !ignore\n\n", true},
		"ignore or another":         {"//go:build ignore || tools\n\n", true},
		"below a licence":           {"/* A licence\n\n of lines. */\n\n// More.\n\n//go:build ignore\n\n", false},
		"+build line":               {"// +build ignore\n\n", false},
		"two +build lines":          {"// +build linux\n// +build ignore\n\n", false},
		"go:build overrides +build": {"//go:build !ignore\n// +build ignore\n\n", true},
		"+build without blank line": {"// +build ignore\n", true},
		"constraint in a comment":   {"// About //go:build ignore.\n\n", true},
		"after the package clause":  {"package p\n\n//go:build ignore\n", true},
		"invalid constraint":        {"//go:build (\n\n", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			source := test.head
			if !strings.Contains(source, "package p") {
				source += "package p\n"
			}
			imports, ok, err := lock.Scan("a.go", []byte(source+"\nimport (\n\t\"C\"\n\t_ \"fmt\"\n\t_ \"a.test/b\"\n)\n"))
			if err != nil || ok != test.want || ok && strings.Join(imports, " ") != "a.test/b" {
				t.Errorf("got %v, %v, %v", imports, ok, err)
			}
		})
	}
	if _, _, err := lock.Scan("a.go", []byte("package p\n\nimport {\n")); err == nil || !strings.Contains(err.Error(), "a.go:3:8") {
		t.Errorf("invalid Go: got %v, want an error with the position", err)
	}
}

func TestReadGoFileIgnoresFilesThatGoModTidyIgnores(t *testing.T) {
	const source = "package p\n\nimport _ \"a.test/b\"\n"
	read := []string{"a.go", "a_plan9.go", "internal/x/a.go", "cmd/a/b_test.go"}
	ignored := []string{"a.txt", "_a.go", ".a.go", "testdata/a.go", "x/testdata/y/a.go", "_x/a.go", ".x/a.go", "vendor/x/a.go"}
	for _, file := range append(read, ignored...) {
		imports := importsOf(t, map[string]string{file: source})
		n := len(imports.Packages()) + len(imports.Tests())
		if want := strings.Contains(" "+strings.Join(read, " ")+" ", " "+file+" "); want != (n == 1) {
			t.Errorf("%s: got %d imports, want them read: %v", file, n, want)
		}
	}
}

// memory is a lock.Source with fake modules.
type memory map[module.Version]lock.GoMod

func (m memory) Prepare([]module.Version) error { return nil }

func (m memory) GoMod(v module.Version) (lock.GoMod, error) {
	mod, ok := m[v]
	if !ok {
		return mod, fmt.Errorf("no %s", v)
	}
	mod.Sum = "h1:mod"
	return mod, nil
}

func (m memory) Sum(module.Version) (string, error) { return "h1:all", nil }

func (m memory) HasPackage(v module.Version, pkg string) (bool, error) { return v.Path == pkg, nil }

func (m memory) Imports(module.Version, string) (imports, testImports []string, err error) {
	return nil, nil, nil
}

func project(t *testing.T, imports ...string) *lock.Imports {
	t.Helper()
	return importsOf(t, map[string]string{"a/a.go": "package a\n\nimport _ \"" + strings.Join(imports, "\"\nimport _ \"") + "\"\n"})
}

func wantError(t *testing.T, err error, want ...string) {
	t.Helper()
	for _, w := range want {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("got error %v, want one with %q", err, w)
		}
	}
}

func version(path, v string) module.Version { return module.Version{Path: path, Version: v} }

func TestComputeRejectsModuleWithNewerGo(t *testing.T) {
	pins := []module.Version{version("a.test/a", "v1.0.0")}
	source := memory{pins[0]: {Go: "1.99.1"}}
	_, err := lock.Record("1.26.0", pins, source).Compute(project(t, "a.test/a"))
	wantError(t, err, "a.test/a@v1.0.0 requires Go 1.99.1", "projects use Go 1.26.0", "pin an older version")
	_, err = lock.Closure("1.26.0", pins, project(t, "a.test/a"), source)
	wantError(t, err, "a.test/a@v1.0.0 requires Go 1.99.1")
}

func TestComputeRejectsLockThatIsNotClosed(t *testing.T) {
	pins := []module.Version{version("a.test/a", "v1.0.0"), version("b.test/b", "v1.0.0")}
	higher := version("b.test/b", "v1.1.0")
	source := memory{pins[0]: {Go: "1.24", Requires: []module.Version{higher}}, pins[1]: {Go: "1.24"}, higher: {Go: "1.24"}}
	_, err := lock.Record("1.26.0", pins, source).Compute(project(t, "a.test/a", "b.test/b"))
	wantError(t, err, "b.test/b@v1.0.0 is pinned, but b.test/b@v1.1.0 is selected", "go generate ./internal/lock")

	closed, err := lock.Closure("1.26.0", pins, project(t, "a.test/a", "b.test/b"), source)
	if err != nil {
		t.Fatal(err)
	}
	if closed[1] != higher {
		t.Errorf("closed: got %v, want %v", closed[1], higher)
	}
}

func TestComputeRejectsProjectWithPackageOfADependency(t *testing.T) {
	pins := []module.Version{version("project.test/a", "v1.0.0")}
	imports := project(t, "project.test/a")
	if len(imports.Packages()) != 0 {
		t.Fatal("a package of the project counts as a package of another module")
	}
	imports.Add("b.go", "project.test/a") // a dependency imports it
	_, err := lock.Record("1.26.0", pins, memory{pins[0]: {Go: "1.24"}}).Compute(imports)
	wantError(t, err, `module "project.test"`, "the project and project.test/a@v1.0.0 both contain the package project.test/a")
}

// Compute must not return incomplete files.
func TestComputeRejectsMissingFact(t *testing.T) {
	text := string(lock.Recorded().Encode())
	imports := allImports(t)
	if _, err := lock.Recorded().Compute(imports); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change func(line string) string
		want   string
	}{
		"hash":     {func(line string) string { return field(line, "pin github.com/google/uuid ", 5, "-") }, "the hash of github.com/google/uuid@"},
		"go.mod":   {func(line string) string { return field(line, "pin github.com/google/uuid ", 4, "-") }, "go.mod of github.com/google/uuid@"},
		"tests":    {func(line string) string { return field(line, "\tpackage cmp/cmpopts", 99, "") }, "which has no package line"},
		"unpinned": {func(line string) string { return field(line, "pin go.uber.org/goleak ", 0, "read") }, "go.uber.org/goleak@"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for line := range strings.Lines(text) {
				b.WriteString(test.change(line))
			}
			l, err := lock.Decode([]byte(b.String()))
			if err == nil {
				_, err = l.Compute(imports)
			}
			wantError(t, err, test.want)
		})
	}
}

// field replaces the word n of a line with this prefix. It removes the line if there is no such word.
func field(line, prefix string, n int, word string) string {
	if !strings.HasPrefix(line, prefix) {
		return line
	}
	words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
	if n >= len(words) {
		return ""
	}
	words[n] = word
	return strings.Join(words, " ") + "\n"
}

func TestDecodeRejectsInvalidLock(t *testing.T) {
	const head = "go 1.26.0\npin a.test/a v1.0.0 1.24 h1:a h1:b\n"
	tests := map[string]struct{ text, want string }{
		"empty":                  {"", "missing line"},
		"unknown word":           {head + "\tpackages .\n", "lock.txt:3"},
		"package without module": {"go 1.26.0\n\tpackage .\n", "no pin or read line before it"},
		"line too short":         {head + "pin b.test/b v1.0.0 1.24\n", "fewer than five fields"},
		"pinned twice":           {head + "pin a.test/a v1.1.0 1.24 h1:a h1:b\n", "already pinned at v1.0.0"},
		"package twice":          {head + "\tpackage .\n\tpackage .\n", "duplicate package"},
		"package not pinned":     {"go 1.26.0\nread a.test/a v1.0.0 1.24 h1:a h1:b\n\tpackage .\n", "a.test/a@v1.0.0 has a package, but is not pinned"},
		"requirement":            {head + "pin b.test/b v1.0.0 1.24 h1:a h1:b a.test/a\n", "not of the form MODULE@VERSION"},
		"unknown import":         {head + "\tpackage . b.test/b\n", "b.test/b, which has no package line"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := lock.Decode([]byte(test.text))
			wantError(t, err, test.want)
		})
	}
}
