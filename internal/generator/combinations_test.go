package generator

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// family renders projects in parallel. A project that fails to render is reported as a fault of its version.
func (l library) family(all []Answers) *typecheck.Family {
	family := &typecheck.Family{}
	next := make(chan Answers)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for a := range next {
				family.Add(l.version(a))
			}
		})
	}
	for _, a := range all {
		next <- a
	}
	close(next)
	workers.Wait()
	return family
}

// version renders a project for the checker. Each value of a choice counts as a feature, because it adds one.
func (l library) version(a Answers) typecheck.Version {
	v := typecheck.Version{Module: a.Module, Features: slices.Clone(a.Features)}
	for flag, value := range a.Values {
		v.Features = append(v.Features, flag+"-"+value)
	}
	slices.Sort(v.Features)
	tree, err := l.files(a)
	if err != nil {
		v.Err = err
		return v
	}
	proofs, err := l.proofs(a)
	v.Err = err
	for _, f := range slices.Concat(tree, proofs) {
		v.Files = append(v.Files, typecheck.File(f))
	}
	return v
}

// check renders and checks projects. It fails if a file is only for another system, because nothing would check that
// file. On Windows, where end-to-end tests do not run, it accepts such files.
func (l library) check(t testing.TB, all []Answers) *typecheck.Report {
	t.Helper()
	family := l.family(all)
	if ignored := family.Ignored(); len(ignored) > 0 && runtime.GOOS != "windows" {
		t.Errorf("%s: files that are not checked on %s: %v", l.name, runtime.GOOS, ignored)
	}
	report, err := family.Check(t.Context(), universe)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Law 4: every combination is formatted, type-checks with its tests and passes go vet. The first and the last
// combination are checked with each test name, the others with one name.
func TestEveryCombinationCompilesAndPassesVet(t *testing.T) {
	for _, l := range libraries(t) {
		all := l.combinations()
		for i, set := range l.sets() {
			if i == 0 || i == len(l.sets())-1 {
				for n, name := range testNames {
					if name != goldenName {
						all = append(all, Answers{Name: name, Module: testModules[n], Features: set.Features()})
					}
				}
			}
		}
		if testing.Short() { // the race detector needs only the first and the last
			all = []Answers{all[0], all[len(all)-1]}
		}
		report := l.check(t, all)
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

// peakMemory returns the peak resident set size of this process in MiB.
func peakMemory(t testing.TB) float64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("needs /proc to measure memory")
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	t.Fatal("/proc/self/status has no VmHWM")
	return 0
}
