package generator

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden/ from the templates")

// The tests allocate much and keep little, so that a larger heap saves a fifth of the time. The limit is that of
// syntheticMemory, with a margin for what the garbage collector does not see.
func TestMain(m *testing.M) {
	debug.SetGCPercent(300)
	debug.SetMemoryLimit(syntheticMemory * 3 / 4 << 20)
	os.Exit(m.Run())
}

// sampleTree returns a project of realistic size, without templates.
func sampleTree() Tree {
	t := Tree{
		{Path: ".gitattributes", Data: []byte("* text=auto eol=lf\n")},
		{Path: ".gitignore", Data: []byte("/bin/\n*.log\n")},
		{Path: "README.md", Data: []byte("# A project\n")},
		{Path: "a.b", Data: []byte("sorts before a/ in a tree\n")},
		{Path: "a/b", Data: nil},
	}
	for i := range 100 {
		data := strings.Repeat(fmt.Sprintf("line of file %d\n", i), 200)
		t = append(t, File{Path: fmt.Sprintf("internal/part%d/deep/file%d.txt", i%20, i), Data: []byte(data)})
	}
	return t.with()
}

// readTree reads the files of a directory, except those in .git.
func readTree(t *testing.T, dir string) Tree {
	t.Helper()
	var tree Tree
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		tree = append(tree, File{Path: filepath.ToSlash(rel), Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree.with()
}

func diffTrees(got, want Tree) string {
	return cmp.Diff(asMap(want), asMap(got))
}

func asMap(t Tree) map[string]string {
	m := map[string]string{}
	for _, f := range t {
		m[f.Path] = string(f.Data)
	}
	return m
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got error %q, want one with %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("got an error with several lines: %q", err)
	}
}
