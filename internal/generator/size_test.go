package generator

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
)

// The maximum lines of Go in the default project: its code, its tests with the packages that only tests use, and all
// files that do not end with _test.go. A team has to read what it inherits. Raise a limit only for a reason that such a
// team would accept.
const (
	maxCode    = 5680
	maxTests   = 4150
	maxNotTest = 6285 // goal: 6000
)

// The maximum numbers of files without Go in the default project, of their lines, and of its documents. A platform team
// reviews them on its first day. A team on one cloud deletes the components and the logins of the others: about 200 lines.
const (
	maxOtherFiles = 60
	maxOtherLines = 5145
	maxDocuments  = 11
)

// The maximum numbers of files and of lines, without go.sum: of the default project, of the one with every feature when there
// were two, and of what each further feature adds.
const (
	maxFiles        = 180
	maxLines        = 15_000
	maxFullFiles    = 240
	maxFullLines    = 21_000 // 450 of them are tests of every failure that docs/database.md describes: teams asked for them
	maxFeatureFiles = 20
	maxFeatureLines = 1_800
)

// The maximum numbers of files, of lines without go.sum, and of lines of Go outside of _test.go, in the project of the preset minimal.
const (
	maxPresetFiles   = 125    // goal: 115
	maxPresetLines   = 10_400 // goal: 10,000
	maxPresetNotTest = 5935   // goal: 5,000
)

// maxPackage is the maximum number of lines of code in a package that is not in largePackages.
const maxPackage = 400

// largePackages lists the packages with a higher limit, and the reasons.
var largePackages = map[string]struct {
	max    int
	reason string
}{
	"internal/config":     {715, "layers with an origin for each value, all errors at once with file and line, secret files, rules of production"},
	"internal/httpapi":    {1015, "a third is the sample API that the team replaces; the rest is strict JSON, entity tags and the life cycle of versions"},
	"internal/httpserver": {575, "listeners, graceful shutdown, certificate reload, and refusals that net/http answers by itself"},
	"internal/middleware": {1090, "thirteen layers, one concept a file; compression takes 200 lines because no library passes its tests"},
}

func TestDefaultProjectStaysSmall(t *testing.T) {
	l := realLibrary(t)
	tree := l.mustFiles(t, Answers{Name: goldenName, Module: goldenModule})
	packages := map[string]int{}
	code, tests, notTest := 0, 0, 0
	others, otherLines, documents := 0, 0, 0
	for _, f := range tree {
		lines := bytes.Count(f.Data, []byte("\n"))
		if path.Ext(f.Path) != ".go" && f.Path != "go.sum" {
			others++
			otherLines += lines
		}
		if path.Ext(f.Path) == ".md" {
			documents++
		}
		if path.Ext(f.Path) == ".go" && !strings.HasSuffix(f.Path, "_test.go") {
			notTest += lines
		}
		switch {
		case strings.HasSuffix(f.Path, "_test.go"), path.Ext(f.Path) == ".go" && onlyForTests(f.Path):
			tests += lines
		case path.Ext(f.Path) == ".go":
			code += lines
			packages[path.Dir(f.Path)] += lines
		}
	}
	if code > maxCode || tests > maxTests || notTest > maxNotTest {
		t.Errorf("the default project has %d lines of Go, %d of tests and %d outside of _test.go, want at most %d, %d and %d",
			code, tests, notTest, maxCode, maxTests, maxNotTest)
	}
	if others > maxOtherFiles || otherLines > maxOtherLines || documents > maxDocuments {
		t.Errorf("the default project has %d files without Go, with %d lines, and %d documents, want at most %d, %d and %d",
			others, otherLines, documents, maxOtherFiles, maxOtherLines, maxDocuments)
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		limit, reason := maxPackage, "to allow more, add it to largePackages with a reason"
		if large, ok := largePackages[name]; ok {
			limit, reason = large.max, large.reason
			if packages[name] <= maxPackage {
				t.Errorf("%s: got %d lines; remove it from largePackages", name, packages[name])
			}
		}
		if packages[name] > limit {
			t.Errorf("%s has %d lines of Go, want at most %d: %s", name, packages[name], limit, reason)
		}
	}
	t.Logf("%d lines of Go, %d of tests, %d outside of _test.go", code, tests, notTest)
}

// onlyForTests reports whether a file is not part of the binary: tools and helpers below test/, and contract tests.
func onlyForTests(file string) bool {
	return strings.HasPrefix(file, "test/") || strings.HasSuffix(path.Dir(file), "test")
}

func TestProjectsStaySmall(t *testing.T) {
	l := realLibrary(t)
	further := len(l.cat.Visible()) - 2
	for name, limit := range map[string]struct{ files, lines int }{
		"minimal": {maxFiles, maxLines}, "full": {maxFullFiles + further*maxFeatureFiles, maxFullLines + further*maxFeatureLines},
	} {
		files, lines, _ := l.size(t, l.goldens()[name])
		if files == 0 || files > limit.files || lines > limit.lines {
			t.Errorf("%s has %d files with %d lines, want at most %d and %d", name, files, lines, limit.files, limit.lines)
		}
		t.Logf("%s: %d files, %d lines", name, files, lines)
	}
}

func TestMinimalPresetStaysSmall(t *testing.T) {
	l := realLibrary(t)
	preset, err := l.cat.Preset(features.PresetMinimal)
	if err != nil {
		t.Fatal(err)
	}
	files, lines, notTest := l.size(t, Answers{Name: goldenName, Module: goldenModule, Features: preset.Features, Values: preset.Choices})
	if files > maxPresetFiles || lines > maxPresetLines || notTest > maxPresetNotTest {
		t.Errorf("the preset minimal has %d files with %d lines, %d of them Go outside of _test.go, want at most %d, %d and %d",
			files, lines, notTest, maxPresetFiles, maxPresetLines, maxPresetNotTest)
	}
	t.Logf("%d files, %d lines, %d of Go outside of _test.go", files, lines, notTest)
}

// size returns the number of files of a project, of their lines without go.sum, and of the lines of Go outside of _test.go.
func (l library) size(t *testing.T, a Answers) (files, lines, notTest int) {
	t.Helper()
	tree, err := l.render(a, goldenVersion)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tree {
		n := bytes.Count(f.Data, []byte("\n"))
		if f.Path != "go.sum" {
			lines += n
		}
		if path.Ext(f.Path) == ".go" && !strings.HasSuffix(f.Path, "_test.go") {
			notTest += n
		}
	}
	return len(tree), lines, notTest
}
