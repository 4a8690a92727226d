package main

import (
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/mdtest"
	"github.com/acton-go/acton-new/templates"
)

// The commands of documents that a test of this package cannot run, because it would run itself or take minutes, and what
// in .ci/run does instead.
var runByCI = map[string]string{
	"go test ./...\n":               "stage_readme_test",
	".ci/throughput ../myservice\n": ".ci/throughput ",
	".ci/speed\n":                   "stage_speed",
	"make test\n":                   "stage_tried",
	"make database\n":               ".ci/compose ",
}

func TestCommandsOfTheReadmeWork(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs a service")
	}
	checkout := filepath.Join(t.TempDir(), "acton-new")
	root := os.DirFS("../..")
	if err := walkFiles(root, func(path string, data []byte) {
		if !strings.HasPrefix(path, ".git/") {
			write(t, filepath.Join(checkout, path), data)
		}
	}); err != nil {
		t.Fatal(err)
	}
	runDocument(t, checkout, "README.md", "MYSERVICE")
}

// The smallest service and the one with every feature show all documents there are, and each fragment in them. Each
// document gets a service of its own, as some change it.
func TestCommandsOfEveryDocumentOfTheServiceWork(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs services")
	}
	cat, err := features.Load(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range cat.Visible() {
		all = append(all, f.Name)
	}
	for _, chosen := range [][]string{nil, all} {
		answers := generator.Answers{Name: "orders", Module: "github.com/acme/orders", Features: chosen}
		tree, err := generator.Render(templates.Files, cat, answers, testVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range tree {
			if filepath.Ext(f.Path) != ".md" {
				continue
			}
			t.Run(path.Join("with "+strings.Join(chosen, ","), f.Path), func(t *testing.T) {
				t.Parallel() // a document waits for its service as often as it builds
				dir := filepath.Join(t.TempDir(), "orders")
				if _, err := generator.Write(t.Context(), tree, generator.Target{Dir: dir, Repository: generator.RepositoryAlways}); err != nil {
					t.Fatal(err)
				}
				// Documents may count on what their README has the reader do first.
				shell(t, dir, "make build")
				var env []string
				if slices.Contains(chosen, "database") {
					env = databaseFor(t, "ORDERS")
					shell(t, dir, "bin/orders migrate up", env...)
				}
				runDocument(t, dir, f.Path, "ORDERS", env...)
			})
		}
	}
}

// runDocument runs the commands of a document on ports that are free, so that the test can run beside a service.
func runDocument(t *testing.T, dir, document, prefix string, env ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, document))
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := mdtest.Blocks(string(text))
	if err != nil {
		t.Fatal(err)
	}
	blocks = slices.DeleteFunc(blocks, func(b mdtest.Block) bool {
		stage, skip := runByCI[b.Text]
		if skip && !strings.Contains(ciScript(t), stage) {
			t.Errorf("%s:%d: .ci/run has no %q to run this command", document, b.Line, stage)
		}
		return skip
	})
	api, metrics, collector := freePort(t), freePort(t), freePort(t)
	script := mdtest.Script(document, blocks, map[string]string{
		"make run":                 "http://127.0.0.1:8080/ready",
		"make -C ../myservice run": "http://127.0.0.1:8080/ready",
	})
	script = strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:"+api, "127.0.0.1:9090", "127.0.0.1:"+metrics,
		"127.0.0.1:4318", "127.0.0.1:"+collector).Replace(script)
	shell(t, dir, script, append(env, prefix+"_SERVER__PORT="+api, prefix+"_METRICS__PORT="+metrics)...)
}

func shell(t *testing.T, dir, script string, env ...string) {
	t.Helper()
	cmd := bash(dir, script, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func bash(dir, script string, env ...string) *exec.Cmd {
	cmd := exec.Command("bash", "-euo", "pipefail")
	cmd.Stdin = strings.NewReader(script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

func ciScript(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestTheReadmeListsTheFeaturesThereAre(t *testing.T) {
	cat, err := features.Load(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"(base)"}
	for _, f := range cat.Visible() {
		want = append(want, "`"+f.Name+"`")
	}
	if got := firstColumn(string(readme), "| flag | brings | requires |"); !slices.Equal(got, want) {
		t.Errorf("features: got %q, want %q", got, want)
	}
	want = nil
	for _, p := range cat.Presets() {
		want = append(want, "`"+p.Name+"`")
	}
	if got := firstColumn(string(readme), "| preset | features |"); !slices.Equal(got, want) {
		t.Errorf("presets: got %q, want %q", got, want)
	}
}

// firstColumn returns the first cells of the table with the heading.
func firstColumn(document, heading string) []string {
	_, table, _ := strings.Cut(document, heading+"\n")
	var cells []string
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if cell := strings.TrimSpace(strings.Split(line, "|")[1]); !strings.HasPrefix(cell, "---") {
			cells = append(cells, cell)
		}
	}
	return cells
}

// Links between documents resolve, ours and those of the service.
func TestLinksOfDocumentsResolve(t *testing.T) {
	for _, root := range []string{"../..", "../../golden/minimal"} {
		documents, err := fs.Glob(os.DirFS(root), "*.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{"docs", "templates"} {
			more, err := fs.Glob(os.DirFS(root), dir+"/*.md")
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, more...)
		}
		for _, document := range documents {
			data, err := os.ReadFile(filepath.Join(root, document))
			if err != nil {
				t.Fatal(err)
			}
			for _, target := range links(string(data)) {
				if _, err := os.Stat(filepath.Join(root, filepath.Dir(document), target)); err != nil {
					t.Errorf("%s: link to %s: %v", filepath.Join(root, document), target, err)
				}
			}
		}
	}
}

// links returns the relative targets of a document, without their anchors.
func links(document string) []string {
	var targets []string
	for _, part := range strings.Split(document, "](")[1:] {
		target, _, _ := strings.Cut(part, ")")
		target, _, _ = strings.Cut(target, "#")
		if target != "" && !strings.Contains(target, "://") {
			targets = append(targets, target)
		}
	}
	return targets
}

func TestLinksAreFound(t *testing.T) {
	got := links("a [b](c.md) ![d](e/f.svg) [g](https://h.example/) [i](j.md#k) [l](#m)")
	if want := []string{"c.md", "e/f.svg", "j.md"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
