package generator

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// The maximum numbers of lines of Go code and of tests in the default project. A team has to read everything that it
// inherits: raise a limit only for a reason that such a team would accept.
const (
	maxGoLines   = 6000
	maxTestLines = 6600
)

// maxPackageLines is the maximum number of lines, without tests, in a package that is not in largePackages.
const maxPackageLines = 400

// largePackages lists the packages with a higher limit, and the reasons.
var largePackages = map[string]struct {
	maximum int
	reason  string
}{
	"internal/config":     {650, "layers with an origin for each value, all errors at once with file and line, secret files, rules of production"},
	"internal/httpapi":    {950, "two thirds are the sample API that the team replaces; strict JSON, entity tags and the life cycle of versions are the rest"},
	"internal/httpserver": {600, "listeners, graceful shutdown, certificate reload, and refusals that net/http answers by itself"},
	"internal/middleware": {1050, "thirteen layers in files of their own; compression has 200 lines because no library passes its tests"},
}

func TestDefaultProjectIsWithinSizeLimits(t *testing.T) {
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
	if code > maxGoLines || tests > maxTestLines {
		t.Errorf("default project: got %d lines of Go and %d of tests, want at most %d and %d",
			code, tests, maxGoLines, maxTestLines)
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		limit, reason := maxPackageLines, "to allow more, add it to largePackages with a reason"
		if large, ok := largePackages[name]; ok {
			limit, reason = large.maximum, large.reason
			if packages[name] <= maxPackageLines {
				t.Errorf("%s: got %d lines; remove it from largePackages", name, packages[name])
			}
		}
		if packages[name] > limit {
			t.Errorf("%s: got %d lines of Go, want at most %d: %s", name, packages[name], limit, reason)
		}
	}
	t.Logf("%d lines of Go, %d of tests", code, tests)
}
