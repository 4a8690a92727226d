package probe

import (
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

	"github.com/go-git/go-git/v5"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/modfile"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/passed"
	"github.com/acton-go/acton-new/internal/verify/programs"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/internal/verify/servers"
	"github.com/acton-go/acton-new/internal/verify/sets"
	"github.com/acton-go/acton-new/templates"
)

var (
	combinations = flag.String("combinations", "none",
		`combinations to test, such as "none all database+observability,base-image=debian"; "tried" means those of sets.Booted`)
	steps = flag.String("steps", "probe",
		`steps for each combination: lint, test (race detector and module files), probe, monitor; all but monitor depend on the binary alone`)
	project = flag.String("project", "", "directory of a project to probe instead of rendering one; it must match the single combination")
)

// projectName is the name of every project, so that combinations share the caches of the go command and the linter.
const projectName = "orders"

// TestCombination renders projects with the command, and checks each with its make targets and with the probes of its
// features. By default, it only probes the smallest service, which needs no other server.
func TestCombination(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	chosen := chosenSets(t)
	b := newBench(t, root)
	for _, set := range chosen {
		t.Run(set.Name(), func(t *testing.T) {
			b.step(t, set, "render", func(t *testing.T) { b.render(t, set) })
			for _, name := range strings.Fields(*steps) {
				b.tryStep(t, set, name)
			}
		})
	}
}

// tryStep runs a step, unless an earlier set has the same files, or the step passed before with the same inputs.
func (b *bench) tryStep(t *testing.T, set features.Set, name string) {
	check := b.harness.Check(name)
	b.addFiles(t, check, name)
	if name == "test" {
		check.AddTree(b.proofs(t, set))
	}
	if name == StepProbe || name == StepMonitor {
		for _, script := range b.scripts(t, set, name) {
			data, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			check.Add(filepath.Base(script), data)
		}
		for _, feature := range servers.In(set.Features()) {
			check.Add(feature, servers.Script(feature))
		}
	}
	if same := b.tried[check.Key()]; same != "" {
		fmt.Printf("    %-44s %-7s the same as %s\n", set.Name(), name, same)
		return
	}
	b.tried[check.Key()] = set.Name()
	if when := check.Before(); when != "" {
		fmt.Printf("    %-44s %-7s unchanged since it passed on %s\n", set.Name(), name, when)
		return
	}
	b.step(t, set, name, func(t *testing.T) {
		switch name {
		case "lint":
			b.make(t, "lint")
		case "test":
			b.withProofs(t, set, func() { b.make(t, "test") })
			b.run(t, "go", "mod", "tidy", "-diff")
			b.run(t, "go", "mod", "verify")
		case StepProbe, StepMonitor:
			b.probe(t, set, name)
		default:
			t.Fatalf("-steps: unknown step %q; use lint, test, probe or monitor", name)
		}
	})
	if err := check.Record(); err != nil {
		t.Error(err)
	}
}

func TestEveryFeatureHasAProbe(t *testing.T) {
	catalog := projects.Catalog(t)
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

func isVisible(c *features.Catalog, name string) bool {
	f, ok := c.Lookup(name)
	return ok && !f.Hidden
}

// chosenSets parses -combinations, whose words have the format of features.Set.Name.
func chosenSets(t *testing.T) []features.Set {
	t.Helper()
	catalog := projects.Catalog(t)
	if *combinations == "tried" {
		return sets.Booted(catalog)
	}
	var chosen []features.Set
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
		chosen = append(chosen, set)
	}
	return chosen
}

// bench renders projects one after the other in the same directory. Caches identify files by path, so packages that
// combinations share are compiled, linted and tested once.
type bench struct {
	dir     string // parent of the files below; kept for the next run
	command string // path of acton-new
	project string
	env     []string
	harness passed.Harness
	tried   map[string]string // name of the first set with each check
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
		tried: map[string]string{},
	}
	b.harness = newHarness(t)
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

// newHarness returns the harness with the programs that projects and probes run.
func newHarness(t *testing.T) passed.Harness {
	t.Helper()
	harness, err := passed.NewHarness(append(servers.Programs(), "golangci-lint", "gcc", "make", "git", "prometheus",
		"promtool", "alertmanager", "prometheus-alertmanager", "amtool", "otelcol")...)
	if err != nil {
		t.Fatal(err)
	}
	return harness
}

// claim returns a directory below parent that no other run uses. It prefers the same directory for every clone, whose
// caches are warm. Runs with other steps, which .ci/run starts in parallel, use other parents.
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
		lock, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			_, err = fmt.Fprint(lock, os.Getpid())
			err = errors.Join(err, lock.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Remove(name) })
		return dir
	}
	t.Fatalf("other runs use every directory in %s", parent)
	return ""
}

// step runs one step for one combination, and prints its duration.
func (b *bench) step(t *testing.T, set features.Set, name string, do func(t *testing.T)) {
	t.Helper()
	began := time.Now()
	result := "ok"
	if !t.Run(name, do) {
		result = "FAILED"
	}
	fmt.Printf("    %-44s %-7s %6.1f s  %s\n", set.Name(), name, time.Since(began).Seconds(), result)
	if result != "ok" {
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
	// The next steps have no network: go.mod must list every module that they need.
	b.run(t, "go", "mod", "download")
}

// nonProgramFiles matches the files that neither the go command nor the linter nor the service reads: image, manifests,
// workflows and documents. Other stages check them. A file that a test of the project names is still part of the
// program.
var nonProgramFiles = regexp.MustCompile(`^(\.acton-new\.yaml|\.git/.*|\.github/.*|Dockerfile|README\.md|deploy/.*|docs/.*)$`)

// monitoringFiles matches the files that the step monitor reads.
var monitoringFiles = regexp.MustCompile(`^deploy/monitoring/`)

// addFiles adds the files of the project that a step reads.
func (b *bench) addFiles(t *testing.T, check *passed.Check, step string) {
	t.Helper()
	named := b.testTexts(t)
	err := fs.WalkDir(os.DirFS(b.project), ".", func(path string, d fs.DirEntry, err error) error {
		counts := !nonProgramFiles.MatchString(path) || strings.Contains(named, path) ||
			step == StepMonitor && monitoringFiles.MatchString(path)
		if err != nil || d.IsDir() || !counts {
			return err
		}
		data, err := os.ReadFile(filepath.Join(b.project, path))
		check.Add(path, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// testTexts returns the concatenated text of the project's tests.
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

// proofs returns the proofs of the set.
func (b *bench) proofs(t *testing.T, set features.Set) generator.Tree {
	t.Helper()
	mod, err := os.ReadFile(filepath.Join(b.project, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	answers := generator.Answers{Name: projectName, Module: modfile.ModulePath(mod), Features: set.Features(), Values: set.Choices()}
	return projects.Proofs(t, answers)
}

// withProofs calls do while the proofs are in the project.
func (b *bench) withProofs(t *testing.T, set features.Set, do func()) {
	t.Helper()
	for _, f := range b.proofs(t, set) {
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

func (b *bench) make(t *testing.T, target string) {
	t.Helper()
	b.run(t, "make", "--no-print-directory", target)
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
		t.Fatalf("%s not found: run apt-get install -y --no-install-recommends %s", name, name)
	}
	if err != nil {
		t.Fatalf("%s %s in %s: %v\n%s", name, strings.Join(args, " "), b.project, err, out)
	}
}

func (b *bench) probe(t *testing.T, set features.Set, step string) {
	files := b.scripts(t, set, step)
	if step == StepMonitor && len(files) == 0 {
		return // a project without monitoring
	}
	b.build(t)
	Run(quiet{t}, Service{Binary: filepath.Join(b.project, "bin", projectName), Name: projectName, Project: b.project}, files)
}

// build builds the binary. Without make and git, it passes the version and the commit as the Makefile does.
func (b *bench) build(t *testing.T) {
	t.Helper()
	if programs.Have(t) {
		b.make(t, "build")
		return
	}
	repository, err := git.PlainOpen(b.project)
	if err != nil {
		t.Fatal(err)
	}
	head, err := repository.Head()
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(b.project, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	commit, info := head.Hash().String(), modfile.ModulePath(mod)+"/internal/buildinfo"
	b.run(t, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-X "+info+".version="+commit[:7]+" -X "+info+".commit="+commit,
		"-o", "bin/"+projectName, "./cmd/"+projectName)
}

// scripts returns the probe scripts of the set, in files.
func (b *bench) scripts(t *testing.T, set features.Set, step string) []string {
	t.Helper()
	files, err := Compose(templates.All, set, step, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// quiet logs a script only if it fails, even with -v.
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
