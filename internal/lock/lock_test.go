package lock_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/lock"
)

func TestEveryBuildConstraintIsMetApartFromIgnore(t *testing.T) {
	tests := map[string]struct {
		head string
		want bool
	}{
		"none":                         {"", true},
		"one that this system lacks":   {"//go:build plan9 && mips\n\n", true},
		"what excludes this system":    {"//go:build !linux && !darwin && !windows\n\n", true},
		"a tag and its opposite":       {"//go:build integration && !integration\n\n", true},
		"ignore":                       {"//go:build ignore\n\n", false},
		"ignore among others":          {"//go:build linux && ignore\n\n", false},
		"not ignore":                   {"//go:build !ignore\n\n", true},
		"ignore or another":            {"//go:build ignore || tools\n\n", true},
		"below a licence":              {"/* A licence\n\n of lines. */\n\n// More.\n\n//go:build ignore\n\n", false},
		"an old one":                   {"// +build ignore\n\n", false},
		"two old ones":                 {"// +build linux\n// +build ignore\n\n", false},
		"an old one, decided by a new": {"//go:build !ignore\n// +build ignore\n\n", true},
		"an old one without a gap":     {"// +build ignore\n", true},
		"one that is none":             {"// About //go:build ignore.\n\n", true},
		"after the package":            {"package p\n\n//go:build ignore\n", true},
		"one that cannot be read":      {"//go:build (\n\n", false},
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
		t.Errorf("a file that is no Go: %v", err)
	}
}

func TestFilesThatTheGoCommandDoesNotReadImportNothing(t *testing.T) {
	const source = "package p\n\nimport _ \"a.test/b\"\n"
	read := []string{"a.go", "a_plan9.go", "internal/x/a.go", "cmd/a/b_test.go"}
	unread := []string{"a.txt", "_a.go", ".a.go", "testdata/a.go", "x/testdata/y/a.go", "_x/a.go", ".x/a.go", "vendor/x/a.go"}
	for _, file := range append(read, unread...) {
		imports := importsOf(t, map[string]string{file: source})
		n := len(imports.Packages()) + len(imports.Tests())
		if want := strings.Contains(" "+strings.Join(read, " ")+" ", " "+file+" "); want != (n == 1) {
			t.Errorf("%s: %d imports", file, n)
		}
	}
}

// memory is a source for modules that are made up.
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
			t.Errorf("got %v, want %q in it", err, w)
		}
	}
}

func version(path, v string) module.Version { return module.Version{Path: path, Version: v} }

func TestAModuleThatNeedsANewerGoIsNamed(t *testing.T) {
	pins := []module.Version{version("a.test/a", "v1.0.0")}
	source := memory{pins[0]: {Go: "1.99.1"}}
	_, err := lock.Record("1.26.0", pins, source).Compute(project(t, "a.test/a"))
	wantError(t, err, "a.test/a@v1.0.0 needs Go 1.99.1", "made for Go 1.26.0", "pin an older version")
	_, err = lock.Close("1.26.0", pins, project(t, "a.test/a"), source)
	wantError(t, err, "a.test/a@v1.0.0 needs Go 1.99.1")
}

func TestALockThatIsNotClosedIsRefused(t *testing.T) {
	pins := []module.Version{version("a.test/a", "v1.0.0"), version("b.test/b", "v1.0.0")}
	higher := version("b.test/b", "v1.1.0")
	source := memory{pins[0]: {Go: "1.24", Requires: []module.Version{higher}}, pins[1]: {Go: "1.24"}, higher: {Go: "1.24"}}
	_, err := lock.Record("1.26.0", pins, source).Compute(project(t, "a.test/a", "b.test/b"))
	wantError(t, err, "b.test/b@v1.0.0 is pinned, but b.test/b@v1.1.0 is selected", "go generate ./internal/lock")

	closed, err := lock.Close("1.26.0", pins, project(t, "a.test/a", "b.test/b"), source)
	if err != nil {
		t.Fatal(err)
	}
	if closed[1] != higher {
		t.Errorf("closed: got %v, want %v", closed[1], higher)
	}
}

func TestAProjectCannotHaveAPackageOfAnother(t *testing.T) {
	pins := []module.Version{version("project.test/a", "v1.0.0")}
	imports := project(t, "project.test/a")
	if len(imports.Packages()) != 0 {
		t.Fatal("a package of the project counts as one of another module")
	}
	imports.Add("b.go", "project.test/a") // as a dependency does
	_, err := lock.Record("1.26.0", pins, memory{pins[0]: {Go: "1.24"}}).Compute(imports)
	wantError(t, err, `module "project.test"`, "project.test/a is a package of this project and of project.test/a@v1.0.0")
}

// A lock from which something is missing must not make files that lack it.
func TestAFactThatIsNotRecordedIsAnError(t *testing.T) {
	text := string(lock.Recorded().Encode())
	imports := everything(t)
	if _, err := lock.Recorded().Compute(imports); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change func(line string) string
		want   string
	}{
		"hash":     {func(line string) string { return field(line, "pin github.com/google/uuid ", 5, "-") }, "the hash of github.com/google/uuid@"},
		"go.mod":   {func(line string) string { return field(line, "pin github.com/google/uuid ", 4, "-") }, "go.mod of github.com/google/uuid@"},
		"tests":    {func(line string) string { return field(line, "\tpackage cmp/cmpopts", 99, "") }, "which is missing"},
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

// field replaces a word of the line that begins so.
func field(line, begin string, n int, word string) string {
	if !strings.HasPrefix(line, begin) {
		return line
	}
	words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
	if n >= len(words) {
		return ""
	}
	words[n] = word
	return strings.Join(words, " ") + "\n"
}

func TestATextThatIsNoLockIsRefused(t *testing.T) {
	const begin = "go 1.26.0\npin a.test/a v1.0.0 1.24 h1:a h1:b\n"
	tests := map[string]struct{ text, want string }{
		"nothing":            {"", "no line begins with"},
		"unknown word":       {begin + "\tpackages .\n", "lock.txt:3"},
		"package of nothing": {"go 1.26.0\n\tpackage .\n", "stands below no module"},
		"line too short":     {begin + "pin b.test/b v1.0.0 1.24\n", "ends too early"},
		"pinned twice":       {begin + "pin a.test/a v1.1.0 1.24 h1:a h1:b\n", "is pinned as v1.0.0, too"},
		"package twice":      {begin + "\tpackage .\n\tpackage .\n", "occurs twice"},
		"package not pinned": {"go 1.26.0\nread a.test/a v1.0.0 1.24 h1:a h1:b\n\tpackage .\n", "a.test/a@v1.0.0 is not pinned"},
		"requirement":        {begin + "pin b.test/b v1.0.0 1.24 h1:a h1:b a.test/a\n", "no module with a version"},
		"unknown import":     {begin + "\tpackage . b.test/b\n", "b.test/b, which is missing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := lock.Decode([]byte(test.text))
			wantError(t, err, test.want)
		})
	}
}
