package generator

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/acton-go/acton-new/internal/variants"
)

// budget is the number of features on which a package outside of the wiring may depend. A package on n features has up
// to 2^n variants, each of which takes time to check, and each of which somebody has to keep right.
const budget = 6

// wiring is where all features meet.
var wiring = []string{"cmd", "internal/app", "internal/config"}

// universe holds the packages that projects import from elsewhere, in the versions of the lock. It is read once for all
// tests.
var universe = variants.NewUniverse("../lock/pinned")

// family renders projects on all processors. One that cannot be rendered is a fault of its version.
func (l library) family(all []Answers) *variants.Family {
	family := &variants.Family{}
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

// version renders a project for the checker. The value of a choice counts as a feature: it brings one.
func (l library) version(a Answers) variants.Version {
	v := variants.Version{Module: a.Module, Features: slices.Clone(a.Features)}
	for flag, value := range a.Values {
		v.Features = append(v.Features, flag+"-"+value)
	}
	slices.Sort(v.Features)
	tree, err := l.files(a)
	if err != nil {
		v.Err = err
		return v
	}
	proofs, err := Proofs(l.fsys, l.cat, a)
	v.Err = err
	for _, f := range slices.Concat(tree, proofs) {
		v.Files = append(v.Files, variants.File(f))
	}
	return v
}

// check renders and checks projects. A file for another system only would not be looked at; nor will it be on Windows,
// for which no end-to-end test is made.
func (l library) check(t testing.TB, all []Answers) *variants.Report {
	t.Helper()
	family := l.family(all)
	if ignored := family.Ignored(); len(ignored) > 0 && runtime.GOOS != "windows" {
		t.Errorf("%s: nothing checks these files on %s: %v", l.name, runtime.GOOS, ignored)
	}
	report, err := family.Check(t.Context(), universe)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Law 4: every combination is what gofmt writes, type-checks with its tests and passes go vet, under one name; nothing
// and everything under the other names too.
func TestEveryCombinationCompilesAndPassesVet(t *testing.T) {
	for _, l := range libraries(t) {
		all := l.combinations()
		for i, set := range l.sets() {
			if i == 0 || i == len(l.sets())-1 {
				for n, name := range someNames {
					if name != goldenName {
						all = append(all, Answers{Name: name, Module: someModules[n], Features: set.Features()})
					}
				}
			}
		}
		if testing.Short() { // for the race detector, which sees it all in the first and the last
			all = []Answers{all[0], all[len(all)-1]}
		}
		report := l.check(t, all)
		for _, f := range report.Faults {
			t.Errorf("%s: %v", l.name, f)
		}
		t.Logf("%s:\n%v", l.name, report)
		for _, p := range report.Over(budget, wiring...) {
			t.Errorf("%s: %s depends on %d features, at most %d are allowed: %s\n"+
				"give each of them a package of its own that %s does not import, and let internal/app tie them together",
				l.name, p.Dir, len(p.Features), budget, strings.Join(p.Features, " "), p.Dir)
		}
	}
}

// peakMemory returns the most memory that this process has had in MiB, as Linux tells it.
func peakMemory(t testing.TB) float64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("needs /proc to tell how much memory was used")
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
