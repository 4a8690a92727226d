package generator

import (
	"runtime"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/verify/typecheck"
)

// maxFeatures is the number of features on which a package outside of wiring may depend. A package that depends on n
// features has up to 2^n variants, and each variant costs check time and maintenance.
const maxFeatures = 6

// wiring lists the packages that connect all features.
var wiring = []string{"cmd", "internal/app", "internal/config"}

// universe holds the packages that projects import from other modules, at the pinned versions. All tests share it.
var universe = typecheck.NewUniverse("../lock/pinned")

// check renders and checks projects.
func (l library) check(t testing.TB, all []Answers) *typecheck.Report {
	t.Helper()
	return newSurvey(l, nil, all).check(t)
}

// check checks the projects of the survey once. It fails if a file is only for another system, because nothing would
// check that file. On Windows, where end-to-end tests do not run, it accepts such files.
func (s *survey) check(t testing.TB) *typecheck.Report {
	t.Helper()
	s.checking.Do(func() {
		if ignored := s.family.Ignored(); len(ignored) > 0 && runtime.GOOS != "windows" {
			t.Errorf("files that are not checked on %s: %v", runtime.GOOS, ignored)
		}
		report, err := s.family.Check(t.Context(), universe)
		if err != nil {
			t.Fatal(err)
		}
		s.report = report
	})
	return s.report
}

// Law 4: every combination, or a sample of more than maxChecked, is formatted, type-checks with its tests and passes go
// vet. The first and the last combination are checked with each test name, the others with one name.
func TestEveryCombinationCompilesAndPassesVet(t *testing.T) {
	for _, l := range libraries(t) {
		report := l.survey(t).check(t)
		for _, f := range report.Faults {
			t.Errorf("%s: %v", l.name, f)
		}
		t.Logf("%s:\n%v", l.name, report)
		for _, p := range report.Over(maxFeatures, wiring...) {
			t.Errorf("%s: %s depends on %d features, want at most %d: %s\n"+
				"move the code of each feature to a package of its own that %s does not import, and connect them in internal/app",
				l.name, p.Dir, len(p.Features), maxFeatures, strings.Join(p.Features, " "), p.Dir)
		}
	}
}
