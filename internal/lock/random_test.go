package lock_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/lock"
)

// seedVariable is the environment variable that sets the seed, to repeat a failed run.
const seedVariable = "ACTON_NEW_TEST_SEED"

var universes = flag.Int("universes", 12, "number of random universes to compare")

// optional lists the rules that affect only some projects.
var optional = []string{
	"load tests of dependencies", "require modules for tests of dependencies", "require modules of ambiguous packages",
}

// TestComputeMatchesGoModTidyOnRandomModules generates modules with more special cases than real ones, and compares
// every combination with go mod tidy.
func TestComputeMatchesGoModTidyOnRandomModules(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	t.Logf("%s=%d -universes=%d", seedVariable, seed, *universes)
	compared, rejected := 0, 0
	needed := map[string]int{}
	for n := uint64(0); compared < *universes; n++ {
		u := randomUniverse(rand.New(rand.NewPCG(seed, n)))
		r, err := u.record(t)
		if err != nil {
			// Either go mod tidy rejects the universe too, or it needs two versions of a package.
			if rejected++; rejected > 20**universes {
				t.Fatalf("rejected %d universes, want fewer; the last error: %v", rejected, err)
			}
			continue
		}
		compared++
		for _, features := range u.combinations() {
			want := r.tidy(t, features)
			got, err := r.lock.Compute(importsOf(t, u.files(features)))
			if err != nil {
				t.Fatalf("universe %d, %v: %v", n, features, err)
			}
			if diff := cmp.Diff(text(want), text(got)); diff != "" {
				t.Errorf("universe %d, %v (-tidy +computed):\n%s", n, features, diff)
			}
			r.wantTidy(t, features, got)
			for _, rule := range optional {
				without, err := r.recording.ComputeWithout(importsOf(t, u.files(features)), rule)
				if err != nil {
					t.Fatal(err)
				}
				if text(without) != text(got) {
					needed[rule]++
				}
			}
		}
		if t.Failed() {
			t.Fatalf("pins: %v", r.pins)
		}
	}
	t.Logf("compared %d universes, rejected %d; combinations that need a rule: %v", compared, rejected, needed)
}

// builder builds a random universe.
type builder struct {
	*rand.Rand
	u     universe
	paths []string // a module imports only from modules after it
}

var someVersions = []string{"v1.0.0", "v1.1.0", "v1.2.0"}

func randomUniverse(r *rand.Rand) universe {
	m := builder{Rand: r, u: universe{modules: map[module.Version]map[string]string{}, project: map[string]string{}}}
	for i := range 7 {
		path := fmt.Sprintf("m%d.test/m", i)
		m.paths = append(m.paths, path)
		if m.likely(60) {
			m.paths = append(m.paths, path+"/sub") // old versions of the parent contain it as a directory
		}
	}
	for i := range m.paths {
		for _, version := range someVersions {
			m.module(i, version)
		}
	}
	mod := "module project.test\n\ngo " + projectGo + "\n\nrequire (\n"
	for _, path := range m.paths {
		if m.likely(60) {
			mod += "\t" + path + " " + someVersions[m.IntN(len(someVersions))] + "\n"
		}
	}
	m.u.project["go.mod"] = mod + ")\n"
	for _, feature := range []string{"one", "two", "three"} {
		m.feature(feature)
	}
	return m.u
}

func (m *builder) likely(percent int) bool { return m.IntN(100) < percent }

// module adds a version of a module. Its packages import from later modules. Its go.mod has most of the requirements,
// and some that are not needed.
func (m *builder) module(i int, version string) {
	files := map[string]string{}
	requires := map[string]string{}
	for _, dir := range []string{"", "deep/"} {
		m.goFile(files, requires, dir+"a.go", i+1, 45)
		m.goFile(files, requires, dir+"a_test.go", i+1, 45)
		if m.likely(30) {
			m.goFile(files, requires, dir+"a_windows.go", i+1, 60)
		}
	}
	if version != someVersions[2] {
		m.goFile(files, requires, "sub/a.go", i+1, 45)
	}
	for _, path := range m.paths[i+1:] {
		if parent, nested := strings.CutSuffix(path, "/sub"); m.likely(15) || nested && requires[path] != "" && m.likely(50) {
			requires[parent] = someVersions[m.IntN(len(someVersions))]
		}
	}
	mod := "module " + m.paths[i] + "\n"
	if goVersion := []string{"", "1.13", "1.16", "1.17", "1.20", "1.24"}[m.IntN(6)]; goVersion != "" {
		mod += "\ngo " + goVersion + "\n"
	}
	for _, path := range m.paths {
		if v, ok := requires[path]; ok {
			mod += "\nrequire " + path + " " + v + "\n"
		}
	}
	files["go.mod"] = mod
	m.u.modules[module.Version{Path: m.paths[i], Version: version}] = files
}

// goFile adds a file that may import packages of the modules after from, and adds requirements for most of them.
func (m *builder) goFile(files, requires map[string]string, name string, from, percent int) {
	var b strings.Builder
	b.WriteString("package p\n\n")
	for _, path := range m.paths[from:] {
		if !m.likely(percent / max(1, len(m.paths)-from) * 2) {
			continue
		}
		fmt.Fprintf(&b, "import _ %q\n", path+[]string{"", "/deep"}[m.IntN(2)])
		if m.likely(85) {
			requires[path] = someVersions[m.IntN(len(someVersions))]
		}
	}
	files[name] = b.String()
}

// feature adds a feature to the project. It has files with build constraints, and files that go mod tidy ignores.
func (m *builder) feature(name string) {
	none := map[string]string{}
	m.goFile(m.u.project, none, name+"/a.go", 0, 25)
	m.goFile(m.u.project, none, name+"/a_test.go", 0, 30)
	m.goFile(m.u.project, none, name+"/a_plan9.go", 0, 20)
	m.u.project[name+"/b.go"] = "//go:build integration && !linux\n\npackage p\n\nimport _ \"" + m.paths[m.IntN(len(m.paths))] + "\"\n"
	m.u.project[name+"/c.go"] = "//go:build ignore\n\npackage p\n\nimport _ \"nowhere.test/c\"\n"
	m.u.project[name+"/testdata/d.go"] = "package p\n\nimport _ \"nowhere.test/d\"\n"
}

func TestEncodeOfDecodedLockIsIdentical(t *testing.T) {
	first := lock.Recorded().Encode()
	l, err := lock.Decode(first)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(l.Encode(), first) {
		t.Error("the text of the decoded lock differs from the original")
	}
}
