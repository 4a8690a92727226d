package generator

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// The most lines of Go that the default project may have, without and with only its tests. Everything that a team inherits
// must earn its place: raise a limit only with a reason that such a team would accept.
const (
	mostGo    = 6000
	mostTests = 6600
)

// mostPackage is the most lines of Go without tests in a package that is not in largePackages.
const mostPackage = 400

// largePackages may have more lines, for the reason beside each.
var largePackages = map[string]struct {
	most   int
	reason string
}{
	"internal/config":     {710, "layers with an origin for each value, all errors at once with file and line, secret files, rules of production"},
	"internal/httpapi":    {950, "two thirds are the sample API that the team replaces; strict JSON, entity tags and the life cycle of versions are the rest"},
	"internal/httpserver": {600, "listeners, graceful shutdown, certificate reload, and refusals that net/http answers by itself"},
	"internal/middleware": {1050, "thirteen layers in files of their own; compression has 200 lines because no library passes its tests"},
}

// The size of a project is a feature: what a team inherits, it has to read.
func TestProjectsStaySmall(t *testing.T) {
	l := realLibrary(t)
	tree := l.mustFiles(t, Answers{Name: goldenName, Module: goldenModule})
	packages := map[string]int{}
	code, tests := 0, 0
	for _, f := range tree {
		lines := bytes.Count(f.Data, []byte("\n"))
		switch {
		case strings.HasSuffix(f.Path, "_test.go"):
			tests += lines
		case path.Ext(f.Path) == ".go":
			code += lines
			packages[path.Dir(f.Path)] += lines
		}
	}
	if code > mostGo || tests > mostTests {
		t.Errorf("the default project has %d lines of Go and %d of tests, want at most %d and %d", code, tests, mostGo, mostTests)
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		limit, reason := mostPackage, "a larger package needs a reason in largePackages"
		if large, ok := largePackages[name]; ok {
			limit, reason = large.most, large.reason
			if packages[name] <= mostPackage {
				t.Errorf("%s has %d lines: take it off largePackages", name, packages[name])
			}
		}
		if packages[name] > limit {
			t.Errorf("%s has %d lines of Go, want at most %d: %s", name, packages[name], limit, reason)
		}
	}
	t.Logf("%d lines of Go, %d of tests", code, tests)
}
