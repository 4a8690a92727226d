package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/documents"
	"github.com/acton-go/acton-new/internal/verify/process"
	"github.com/acton-go/acton-new/internal/verify/programs"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/internal/verify/servers"
	"github.com/acton-go/acton-new/internal/writer"
)

// runByCI maps commands in documents to the stage of .ci/run that runs them. A test of this package cannot run them:
// they would run this test or take minutes.
var runByCI = map[string]string{
	"go test -timeout 30m ./...\n": "stage_readme_test",
	"make test\n":                  "stage_tried",
}

func TestReadmeCommandsWork(t *testing.T) {
	programs.Need(t)
	if testing.Short() {
		t.Skip("builds and runs a service")
	}
	t.Parallel()
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

// The smallest and the full service together contain every document and every fragment. A document that changes the
// project gets a project of its own; the others share one. All of them run in parallel, even on few processors, because
// they often wait for their services.
func TestCommandsInServiceDocumentsWork(t *testing.T) {
	programs.Need(t)
	if testing.Short() {
		t.Skip("builds and runs services")
	}
	t.Parallel()
	cat, pool := projects.Catalog(t), servers.NewTestPool(t)
	var all []string
	for _, f := range cat.Visible() {
		all = append(all, f.Name)
	}
	var group sync.WaitGroup
	defer group.Wait()
	minimal, err := cat.Preset(features.PresetMinimal)
	if err != nil {
		t.Fatal(err)
	}
	for name, answers := range map[string]generator.Answers{"default": {}, "full": {Features: all}, "minimal": {Values: minimal.Choices}} {
		answers.Name, answers.Module = "orders", "github.com/acme/orders"
		chosen := answers.Features
		tree := projects.Render(t, answers)
		files := map[string]string{}
		for _, f := range tree {
			files[f.Path] = string(f.Data)
		}
		project, err := documents.NewProject(answers.Name, files)
		if err != nil {
			t.Fatal(err)
		}
		var shared []string
		for file, text := range files {
			blocks, err := documents.Blocks(text)
			switch {
			case path.Ext(file) != ".md":
			case err != nil:
				t.Errorf("%s: %v", file, err)
			case !documents.Changes(blocks):
				shared = append(shared, file)
			default:
				group.Go(func() {
					t.Run(path.Join(name, file), func(t *testing.T) {
						dir, env := buildProject(t, tree, chosen, pool)
						runDocument(t, dir, file, "ORDERS", env...)
					})
				})
			}
		}
		slices.Sort(shared)
		group.Go(func() {
			t.Run(path.Join(name, "shared"), func(t *testing.T) {
				dir, env := buildProject(t, tree, chosen, pool)
				project.Binary = filepath.Join(dir, "bin/orders")
				checkDocuments(t, project, files)
				for _, file := range shared {
					t.Run(file, func(t *testing.T) { runDocument(t, dir, file, "ORDERS", env...) })
				}
			})
		})
	}
}

// buildProject writes and builds a project, and returns the environment variables for its servers. The documents assume
// the steps of the README: a built binary, and servers that are prepared for it.
func buildProject(t *testing.T, tree generator.Tree, chosen []string, pool *servers.Pool) (dir string, env []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "orders")
	if _, err := writer.Write(t.Context(), tree, writer.Target{Dir: dir, Repository: writer.RepositoryAlways}); err != nil {
		t.Fatal(err)
	}
	shell(t, dir, "make build")
	for _, feature := range servers.In(chosen) {
		server := pool.StartFor(t, feature)
		settings, err := server.Environment("ORDERS")
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, settings...)
		if _, err := server.Do("develop"); err != nil {
			t.Fatal(err)
		}
		if err := server.Prepare(filepath.Join(dir, "bin/orders"), env); err != nil {
			t.Fatal(err)
		}
	}
	return dir, env
}

// checkDocuments checks the commands, flags and settings in the documents against the binary.
func checkDocuments(t *testing.T, project *documents.Project, files map[string]string) {
	t.Helper()
	for file := range files {
		if path.Ext(file) == ".md" {
			for _, fault := range project.Check(file) {
				t.Error(fault)
			}
		}
	}
}

// runDocument runs the commands of a document on free ports, so that the test does not conflict with a running service.
func runDocument(t *testing.T, dir, document, prefix string, env ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, document))
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := documents.Blocks(string(text))
	if err != nil {
		t.Fatal(err)
	}
	blocks = slices.DeleteFunc(blocks, func(b documents.Block) bool {
		stage, skip := runByCI[b.Text]
		if slices.Contains(starters(), b.Text) {
			stage, skip = ".ci/compose ", true
		}
		if skip && !strings.Contains(ciScript(t), stage) {
			t.Errorf("%s:%d: .ci/run does not contain %q, which should run this command", document, b.Line, stage)
		}
		return skip
	})
	api, metrics, collector := freePort(t), freePort(t), freePort(t)
	script := documents.Script(document, blocks, map[string]string{
		"make run":                 "http://127.0.0.1:8080/ready",
		"make -C ../myservice run": "http://127.0.0.1:8080/ready",
	})
	script = strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:"+api, "127.0.0.1:9090", "127.0.0.1:"+metrics,
		"127.0.0.1:4318", "127.0.0.1:"+collector).Replace(script)
	// With -trimpath, projects in different directories share the build cache, also across runs. Packages that a document
	// does not change are neither built nor tested again.
	flags := strings.TrimSpace(os.Getenv("GOFLAGS") + " -trimpath")
	shell(t, dir, script, append(env, "GOFLAGS="+flags, prefix+"_SERVER__PORT="+api, prefix+"_METRICS__PORT="+metrics)...)
}

// starters returns the commands that start the container of a server, such as make database. .ci/compose runs them.
func starters() []string {
	names := servers.Names()
	for i, name := range names {
		names[i] = "make " + name + "\n"
	}
	return names
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
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestReadmeListsAllFeatures compares the tables in the README with the catalog. -update writes them.
func TestReadmeListsAllFeatures(t *testing.T) {
	const file = "../../README.md"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cat, names := projects.Catalog(t), func(list []string, none string) string {
		if len(list) == 0 {
			return none
		}
		return "`" + strings.Join(list, "`, `") + "`"
	}
	listed := "| (base) | " + cat.Base().Summary + " | – |\n"
	for _, f := range cat.Visible() {
		listed += fmt.Sprintf("| `%s` | %s | %s |\n", f.Name, f.Summary, names(cat.Required(f), "–"))
	}
	choices := ""
	for _, q := range cat.Questions() {
		if q.Kind != features.KindChoice {
			continue
		}
		var values []string
		for _, c := range q.Choices {
			values = append(values, c.Value)
		}
		needs := "–"
		if q.Feature != "" {
			needs = cat.SelectedBy(q.Feature)
		}
		choices += fmt.Sprintf("| `--%s` | %s | %s | %s |\n", q.Flag, q.Title, names(values, ""), needs)
	}
	presets := ""
	for _, p := range cat.Presets() {
		var flags []string
		for _, flag := range slices.Sorted(maps.Keys(p.Choices)) {
			flags = append(flags, "--"+flag+" "+p.Choices[flag])
		}
		presets += fmt.Sprintf("| `%s` | %s | %s |\n", p.Name, names(p.Features, "none"), names(flags, "defaults"))
	}
	want := replaceRows(t, string(data), "| flag | brings | requires |\n|---|---|---|\n", listed)
	want = replaceRows(t, want, "| choice | of | values, the default first | only with |\n|---|---|---|---|\n", choices)
	want = replaceRows(t, want, "| preset | features | choices |\n|---|---|---|\n", presets)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(data) != want {
		t.Errorf("the tables in %s do not match the catalog; run go test ./cmd/acton-new -run Readme -update", file)
	}
}

// replaceRows replaces the rows of the table with this header.
func replaceRows(t *testing.T, document, header, rows string) string {
	t.Helper()
	before, table, ok := strings.Cut(document, header)
	if !ok {
		t.Fatalf("README.md has no table %q", header)
	}
	for strings.HasPrefix(table, "|") {
		_, table, _ = strings.Cut(table, "\n")
	}
	return before + header + rows + table
}

// TestReadmeTreeIsThatOfAProject compares the folders that the README lists with a rendered project.
func TestReadmeTreeIsThatOfAProject(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tree, _ := strings.Cut(string(data), "```text\n")
	tree, _, found := strings.Cut(tree, "```")
	if !found {
		t.Fatal("README.md has no tree")
	}
	const project = "../../golden/minimal"
	listed := map[string]bool{}
	for line := range strings.Lines(tree) {
		names, _, _ := strings.Cut(line, "  ") // folders have a description
		for name := range strings.SplitSeq(strings.TrimSpace(names), ", ") {
			if _, err := os.Stat(filepath.Join(project, name)); err != nil {
				t.Errorf("README.md: %v", err)
			}
			first, _, _ := strings.Cut(name, "/")
			listed[first] = true
		}
	}
	entries, err := os.ReadDir(project)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !listed[e.Name()] {
			t.Errorf("README.md does not list %s", e.Name())
		}
	}
	if len(listed) < 8 {
		t.Errorf("got %d entries, want at least 8", len(listed))
	}
}

// Package generator tests the links in the documents of the service, in every combination.
func TestDocumentLinksResolve(t *testing.T) {
	for _, document := range []string{"README.md", "CONTRIBUTING.md", "templates/README.md", "internal/lock/README.md"} {
		data, err := os.ReadFile(filepath.Join("../..", document))
		if err != nil {
			t.Fatal(err)
		}
		targets := documents.Links(string(data))
		if document == "README.md" && len(targets) == 0 {
			t.Error("README.md has no link")
		}
		for _, target := range targets {
			file, _, _ := strings.Cut(target, "#")
			if _, err := os.Stat(filepath.Join("../..", filepath.Dir(document), file)); file != "" && err != nil {
				t.Errorf("%s: link to %s: %v", document, target, err)
			}
		}
	}
}
