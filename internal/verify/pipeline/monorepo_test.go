package pipeline

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/documents"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

// atRoot matches what a workflow of a service can contain only if the service is at the root of the repository.
var atRoot = regexp.MustCompile(`file: go\.mod|context: \.\n|[ |]make [a-z$]|docker compose [a-z]|workflows/[a-z]+\.yaml|workflow in ci|group: (ci|scan|release|rollout)-|` +
	`refs/tags/\$|tags: \['v|github\.ref_name|:\$GITHUB_REF_NAME|path: internal|sha \}\}/docs|'\.\[\]\.tagName'`)

// The script of docs/monorepo.md moves the workflows of a service to the root of its repository.
func TestWorkflowsOfAMonorepoKnowTheDirectoryOfTheService(t *testing.T) {
	programs.Need(t)
	for _, p := range pipelines(t) {
		moved := rendered{p.name, moveToRoot(t, p.tree)}
		changed := map[string]bool{}
		moved.workflows(func(file, text string) {
			if !strings.HasPrefix(path.Base(file), "orders-") {
				t.Errorf("%s: %s: got no prefix orders-", p.name, file)
			}
			changed[path.Base(file)] = true
			if found := atRoot.FindString(withoutComments(text)); found != "" {
				t.Errorf("%s: %s: still contains %q", p.name, file, found)
			}
			if err := yaml.Unmarshal([]byte(text), new(any)); err != nil {
				t.Errorf("%s: %s: %v", p.name, file, err)
			}
		})
		p.workflows(func(file, _ string) {
			if !changed["orders-"+path.Base(file)] {
				t.Errorf("%s: %s was not moved", p.name, file)
			}
		})
	}
}

// moveToRoot runs the script in a repository with the tree below services/orders, and returns the workflows at the root.
func moveToRoot(t *testing.T, tree generator.Tree) generator.Tree {
	t.Helper()
	document, err := os.ReadFile("../../../docs/monorepo.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := documents.Blocks(string(document))
	if err != nil {
		t.Fatal(err)
	}
	script := blocks[slices.IndexFunc(blocks, func(b documents.Block) bool { return b.Lang == "sh" })].Text
	root := t.TempDir()
	for _, f := range tree {
		write(t, filepath.Join(root, "services/orders", f.Path), string(f.Data))
	}
	git(t, root, "init", "--quiet")
	cmd := exec.Command("sh", "-euc", script)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names, err := filepath.Glob(filepath.Join(root, ".github/workflows/*"))
	if err != nil {
		t.Fatal(err)
	}
	var moved generator.Tree
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		moved = append(moved, generator.File{Path: ".github/workflows/" + filepath.Base(name), Data: data})
	}
	if _, err := os.Stat(filepath.Join(root, "services/orders/.github/workflows")); err == nil {
		t.Error("the workflows of the service still exist")
	}
	return moved
}

func withoutComments(text string) string {
	return regexp.MustCompile(`(?m)^ *#.*\n`).ReplaceAllString(text, "")
}
