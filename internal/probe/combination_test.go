package probe

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/modfile"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/templates"
)

var (
	combinations = flag.String("combinations", "none",
		`combinations to try, such as "none all database+observability,base-image=debian"; "tried" is all that features.Tried names`)
	steps = flag.String("steps", "probe",
		`what to do with each: lint, test (with the race detector, and the module's files), probe and monitor; "lint test probe" is all that the binary is asked`)
	project = flag.String("project", "", "probe the project in this directory instead of rendering one; it must be of the one combination")
)

// projectName is that of every project, so that combinations share what the go command and the linter have cached.
const projectName = "orders"

// TestCombination makes projects as people do, and checks each one with its own verbs and with the probes of its features.
// By default that is the smallest service and its probes, which need no server.
func TestCombination(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sets := chosenSets(t)
	b := newBench(t, root)
	for _, set := range sets {
		t.Run(set.Name(), func(t *testing.T) {
			b.step(t, set, "render", func(t *testing.T) { b.render(t, set) })
			same := b.sameProgram(t, set)
			watched := b.sameFiles(t, set, watchesTheProgram)
			for _, name := range strings.Fields(*steps) {
				if name == StepMonitor && same != "" && watched != "" {
					fmt.Printf("    %-44s is watched as %s\n", set.Name(), watched)
					continue
				}
				if name != StepMonitor && same != "" {
					fmt.Printf("    %-44s is the program of %s\n", set.Name(), same)
					continue
				}
				switch name {
				case "lint":
					b.step(t, set, name, func(t *testing.T) { b.make(t, "lint") })
				case "test":
					b.step(t, set, name, func(t *testing.T) {
						b.withProofs(t, set, func() { b.make(t, "test") })
						b.run(t, "go", "mod", "tidy", "-diff")
						b.run(t, "go", "mod", "verify")
					})
				case StepProbe, StepMonitor:
					b.step(t, set, name, func(t *testing.T) { b.probe(t, set, name) })
				default:
					t.Fatalf("-steps: unknown step %q: there are lint, test, probe and monitor", name)
				}
			}
		})
	}
}

// TestEveryFeatureIsProbed: a feature counts when somebody asked the running service for it.
func TestEveryFeatureIsProbed(t *testing.T) {
	catalog := realCatalog(t)
	probed := func(name string, probes []string) {
		if !slices.ContainsFunc(probes, func(p string) bool { return stepOf(p) == StepProbe }) {
			t.Errorf("%s has no probe: add templates/_features/%s/probes/<word>.txtar", name, name)
		}
	}
	probed("_base", catalog.Base().Probes)
	for _, f := range catalog.Visible() {
		probed(f.Name, f.Probes)
	}
	for _, p := range catalog.Pairs() {
		if !slices.ContainsFunc(p.Features, func(name string) bool { return !isVisible(catalog, name) }) {
			probed(p.Name, p.Probes)
		}
	}
}

// What boots services for tests is no part of what people install.
func TestTheCommandDoesNotContainTheProbes(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../../cmd/acton-new").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{"acton-new/internal/probe", "go.opentelemetry.io/", "github.com/prometheus/"} {
		if strings.Contains(string(out), part) {
			t.Errorf("cmd/acton-new links %s", part)
		}
	}
	if !strings.Contains(string(out), "acton-new/internal/features") {
		t.Errorf("the list is not that of cmd/acton-new:\n%s", out)
	}
}

func isVisible(c *features.Catalog, name string) bool {
	f, ok := c.Lookup(name)
	return ok && !f.Hidden
}

func realCatalog(t *testing.T) *features.Catalog {
	t.Helper()
	catalog, err := features.Load(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

// chosenSets reads -combinations: words as features.Set.Name writes them.
func chosenSets(t *testing.T) []features.Set {
	t.Helper()
	catalog := realCatalog(t)
	if *combinations == "tried" {
		return catalog.TestSets()
	}
	var sets []features.Set
	for _, word := range strings.Fields(*combinations) {
		names, choices, _ := strings.Cut(word, ",")
		sel := features.Selection{Choices: map[string]string{}}
		switch names {
		case "none":
		case "all":
			for _, f := range catalog.Visible() {
				sel.Features = append(sel.Features, f.Name)
			}
		default:
			sel.Features = strings.Split(names, "+")
		}
		for choice := range strings.SplitSeq(choices, ",") {
			if flag, value, ok := strings.Cut(choice, "="); ok {
				sel.Choices[flag] = value
			}
		}
		set, err := catalog.Resolve(sel)
		if err != nil {
			t.Fatalf("-combinations: %s: %v", word, err)
		}
		sets = append(sets, set)
	}
	return sets
}

// bench is where projects are made, one after the other in the same directory: what a package of one combination shares with
// that of another is compiled, linted and tested once, because the caches know files by their paths.
type bench struct {
	dir     string // holds everything below; kept for the next run
	command string // acton-new
	project string
	env     []string
	tried   map[[sha256.Size]byte]string // the programs so far, and the set that brought each one
}

func newBench(t *testing.T, root string) *bench {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := claim(t, filepath.Join(cache, "acton-new", "probe-"+strings.Join(strings.Fields(*steps), "-")))
	b := &bench{
		dir: dir, command: filepath.Join(dir, "acton-new"), project: filepath.Join(dir, projectName),
		tried: make(map[[sha256.Size]byte]string),
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GOFLAGS=") {
			b.env = append(b.env, v)
		}
	}
	b.env = append(b.env, "GOFLAGS=-mod=readonly", "GOTOOLCHAIN=local", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if *project != "" {
		if b.project, err = filepath.Abs(*project); err != nil {
			t.Fatal(err)
		}
		return b
	}
	build := exec.Command("go", "build", "-o", b.command, "./cmd/acton-new")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return b
}

// claim returns a directory below parent that no other run works in: the same one for every clone when it is free, as the
// caches are cold in any other. Runs that take other steps, which go side by side in .ci/run, have other parents.
func claim(t *testing.T, parent string) string {
	t.Helper()
	for i := range 100 {
		dir := filepath.Join(parent, strconv.Itoa(i))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, "pid")
		var pid int
		data, err := os.ReadFile(name)
		if err == nil {
			_, err = fmt.Sscan(string(data), &pid)
		}
		if err == nil && alive(pid) {
			continue
		}
		_ = os.Remove(name)
		mark, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			_, err = fmt.Fprint(mark, os.Getpid())
			err = errors.Join(err, mark.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Remove(name) })
		return dir
	}
	t.Fatalf("other runs work in every directory of %s", parent)
	return ""
}

// step does one thing with one combination and prints a line with the time it took, as it happens.
func (b *bench) step(t *testing.T, set features.Set, name string, do func(t *testing.T)) {
	t.Helper()
	began := time.Now()
	verdict := "ok"
	if !t.Run(name, do) {
		verdict = "FAILED"
	}
	fmt.Printf("    %-44s %-7s %6.1f s  %s\n", set.Name(), name, time.Since(began).Seconds(), verdict)
	if verdict != "ok" {
		t.FailNow()
	}
}

func (b *bench) render(t *testing.T, set features.Set) {
	if *project != "" {
		return
	}
	if err := os.RemoveAll(b.project); err != nil {
		t.Fatal(err)
	}
	args := []string{projectName, "--yes", "--dir", b.project, "--features", strings.Join(set.Features(), ",")}
	for flag, value := range set.Choices() {
		args = append(args, "--"+flag, value)
	}
	cmd := exec.Command(b.command, args...)
	cmd.Dir, cmd.Env = b.dir, b.env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("acton-new %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	// What follows has no network: the project says exactly what it needs.
	b.run(t, "go", "mod", "download")
}

// aroundTheProgram is what a choice may change and neither the go command nor the linter nor the service ever reads: the image,
// the manifests, the pipeline, and pages. The stages that check those render them themselves. What a test of the project
// names, such as the page that it compares with the log, counts all the same.
var aroundTheProgram = regexp.MustCompile(`^(\.acton-new\.yaml|\.git/.*|\.github/.*|Dockerfile|README\.md|deploy/.*|docs/.*)$`)

// watchesTheProgram is what the step monitor reads.
var watchesTheProgram = regexp.MustCompile(`^deploy/monitoring/`)

// sameProgram returns the name of the set that was tried before with the same program, or nothing.
func (b *bench) sameProgram(t *testing.T, set features.Set) string {
	t.Helper()
	named := b.testTexts(t)
	return b.same(t, set, func(path string) bool { return !aroundTheProgram.MatchString(path) || strings.Contains(named, path) })
}

// testTexts returns the project's own tests, one after the other.
func (b *bench) testTexts(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS(b.project), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(filepath.Join(b.project, path))
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// sameFiles returns the name of the set that was tried before with the same files of a kind, or nothing.
func (b *bench) sameFiles(t *testing.T, set features.Set, kind *regexp.Regexp) string {
	t.Helper()
	return b.same(t, set, kind.MatchString)
}

func (b *bench) same(t *testing.T, set features.Set, counts func(path string) bool) string {
	t.Helper()
	program := sha256.New()
	err := fs.WalkDir(os.DirFS(b.project), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !counts(path) {
			return err
		}
		data, err := os.ReadFile(filepath.Join(b.project, path))
		fmt.Fprintf(program, "%s %d\n%s", path, len(data), data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	key := [sha256.Size]byte(program.Sum(nil))
	same := b.tried[key]
	if same == "" {
		b.tried[key] = set.Name()
	}
	return same
}

// withProofs calls do while the proofs stand beside the files of the project.
func (b *bench) withProofs(t *testing.T, set features.Set, do func()) {
	t.Helper()
	mod, err := os.ReadFile(filepath.Join(b.project, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	answers := generator.Answers{Name: projectName, Module: modfile.ModulePath(mod), Features: set.Features(), Values: set.Choices()}
	proofs, err := generator.Proofs(templates.Files, realCatalog(t), answers)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range proofs {
		name := filepath.Join(b.project, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer os.Remove(name)
		_, err = file.Write(f.Data)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	do()
}

func (b *bench) make(t *testing.T, verb string) {
	t.Helper()
	b.run(t, "make", "--no-print-directory", verb)
}

func (b *bench) run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = b.project, b.env
	if !slices.Equal(args, []string{"mod", "download"}) {
		cmd.Env = append(slices.Clip(b.env), "GOPROXY=off")
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%s is not there: apt-get install -y --no-install-recommends %s", name, name)
	}
	if err != nil {
		t.Fatalf("%s %s in %s: %v\n%s", name, strings.Join(args, " "), b.project, err, out)
	}
}

func (b *bench) probe(t *testing.T, set features.Set, step string) {
	b.make(t, "build")
	files, err := Compose(templates.Files, set, step, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	Run(quiet{t}, Service{Binary: filepath.Join(b.project, "bin", projectName), Name: projectName, Project: b.project}, files)
}

// quiet shows the log of a script only when it fails, even with -v.
type quiet struct{ *testing.T }

func (q quiet) Verbose() bool { return false }

func (q quiet) Log(args ...any) {
	if q.Failed() {
		q.T.Log(args...)
	}
}

func (q quiet) Run(name string, f func(testscript.T)) {
	q.T.Run(name, func(t *testing.T) { f(quiet{t}) })
}
