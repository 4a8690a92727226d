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
)

// hashed is what kustomize adds to the name of what it generates.
var hashed = regexp.MustCompile(`\b(` + testName + `-config)-[0-9a-z]{10}\b`)

// kubectl is the judge of what is built here.
func TestOverlaysAreBuiltAsKubectlDoes(t *testing.T) {
	oneAfterTheOther(t)
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
				t.Fatalf("got %d roots, want an overlay for each environment", len(p.roots))
			}
			wantBuilt(t, p, files)
		})
	}
	t.Run("what people may use", func(t *testing.T) {
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
		if len(p.roots) != 1 || p.roots[0].dir != "overlay" || len(p.unreadable) > 0 {
			t.Fatalf("got roots %v and %v, want the overlay", p.roots, p.unreadable)
		}
		wantBuilt(t, p, files)
	})
}

// wantBuilt compares each root of a project with what kubectl makes of it.
func wantBuilt(t *testing.T, p *Project, files fstest.MapFS) {
	t.Helper()
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Fatal("needs kubectl as judge: apt-get install kubernetes-client, or any kubectl of 1.27 or newer")
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

// plain is a node without the places.
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
