package consistency

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

// hashed matches the name suffix that kustomize gives to generated objects.
var hashed = regexp.MustCompile(`\b(` + testName + `-(?:config|backup))-[0-9a-z]{10}\b`)

func TestOverlaysMatchTheOutputOfKubectlKustomize(t *testing.T) {
	programs.Need(t)
	skipInShortMode(t)
	r := newRenderer(t)
	full := r.full()
	for _, selection := range []features.Selection{
		{}, full, {Features: full.Features, Choices: map[string]string{"exposure": "cluster-only"}},
	} {
		set := r.set(t, selection)
		t.Run(set.Name(), func(t *testing.T) {
			files := r.project(t, set)
			p, err := Load(files)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.roots) < 3 {
				t.Fatalf("got %d roots, want at least 3: one overlay for each environment", len(p.roots))
			}
			compareWithKubectl(t, p, files)
		})
	}
	t.Run("other kustomize fields", func(t *testing.T) {
		archive, err := txtar.ParseFile("testdata/kustomize.txtar")
		if err != nil {
			t.Fatal(err)
		}
		files := fstest.MapFS{}
		p := &Project{files: map[string][]byte{}, yaml: map[string][]*node{}}
		for _, f := range archive.Files {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
			p.files[f.Name] = f.Data
			p.paths = append(p.paths, f.Name)
		}
		p.readYAML()
		p.readKustomizations()
		if len(p.roots) != 1 || p.roots[0].dir != "overlay" || len(p.syntaxErrors) > 0 {
			t.Fatalf("got roots %v and syntax errors %v, want only the root overlay", p.roots, p.syntaxErrors)
		}
		compareWithKubectl(t, p, files)
	})
}

// compareWithKubectl compares each root of a project with the output of kubectl kustomize.
func compareWithKubectl(t *testing.T, p *Project, files fstest.MapFS) {
	t.Helper()
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Fatal("kubectl not found: run apt-get install kubernetes-client, or install kubectl 1.27 or newer")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	for _, root := range p.roots {
		out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", filepath.Join(dir, root.dir)).Output()
		if exit := new(exec.ExitError); errors.As(err, &exit) {
			t.Fatalf("kubectl kustomize %s: %s", root.dir, exit.Stderr)
		}
		documents, err := parseYAML("kubectl", hashed.ReplaceAll(out, []byte("$1")))
		if err != nil {
			t.Fatal(err)
		}
		want, got := map[string]any{}, map[string]any{}
		for _, d := range documents {
			want[objectKey(d)] = plain(d)
		}
		for _, o := range root.objects {
			got[objectKey(o.node)] = plain(o.node)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-kubectl +built):\n%s", root.dir, diff)
		}
	}
}

func objectKey(n *node) string {
	return n.at("kind").str() + " " + n.at("metadata", "name").str()
}

// plain converts a node to plain Go values, without locations.
func plain(n *node) any {
	switch {
	case n.isMapping():
		values := map[string]any{}
		for key, value := range n.pairs() {
			values[key] = plain(value)
		}
		return values
	case n.list:
		values := []any{}
		for _, item := range n.items {
			values = append(values, plain(item))
		}
		return values
	case n.text == "0440":
		return "288" // kustomize writes numbers in decimal
	}
	return n.text
}
