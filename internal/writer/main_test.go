package writer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

// writeTo is an environment variable. If it is set, this binary only writes a project to that directory. Tests kill
// such processes or run them without permissions.
const writeTo = "ACTON_NEW_TEST_WRITE_TO"

// refusals is an environment variable with the system calls that fail in such a process, as "flock=37,fsync=22".
const refusals = "ACTON_NEW_TEST_REFUSALS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writeTo); dir != "" {
		if err := refuseCalls(os.Getenv(refusals)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if _, err := Write(context.Background(), sampleTree(), Target{Dir: dir, Repository: RepositoryAlways}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// Commits must not depend on the git configuration of the user.
	os.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	os.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	for _, v := range []string{"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "SOURCE_DATE_EPOCH"} {
		os.Unsetenv(v)
	}
	os.Exit(m.Run())
}

// sampleTree returns a project of realistic size, without templates.
func sampleTree() generator.Tree {
	t := generator.Tree{
		{Path: ".gitattributes", Data: []byte("* text=auto eol=lf\n")},
		{Path: ".gitignore", Data: []byte("/bin/\n*.log\n")},
		{Path: "README.md", Data: []byte("# A project\n")},
		{Path: "a.b", Data: []byte("sorts before a/ in a tree\n")},
		{Path: "a/b", Data: nil},
	}
	for i := range 100 {
		data := strings.Repeat(fmt.Sprintf("line of file %d\n", i), 200)
		t = append(t, generator.File{Path: fmt.Sprintf("internal/part%d/deep/file%d.txt", i%20, i), Data: []byte(data)})
	}
	return sorted(t)
}

// readTree reads the files of a directory, except those in .git.
func readTree(t *testing.T, dir string) generator.Tree {
	t.Helper()
	var tree generator.Tree
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && d.Name() == gitDir:
			return filepath.SkipDir
		case d.IsDir() || d.Name() == gitDir: // a linked work tree has a file
			return nil
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		tree = append(tree, generator.File{Path: filepath.ToSlash(rel), Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sorted(tree)
}

func sorted(t generator.Tree) generator.Tree {
	slices.SortFunc(t, func(a, b generator.File) int { return strings.Compare(a.Path, b.Path) })
	return t
}

func diffTrees(got, want generator.Tree) string {
	return cmp.Diff(asMap(want), asMap(got))
}

func asMap(t generator.Tree) map[string]string {
	m := map[string]string{}
	for _, f := range t {
		m[f.Path] = string(f.Data)
	}
	return m
}

// runGit runs the git binary, to check what go-git wrote.
func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s in %s: %v\n%s", strings.Join(args, " "), dir, err, out)
	}
	return strings.TrimSpace(string(out))
}

// wantProject checks that dir contains exactly the tree, that and with git that all of it is committed without an error.
func wantProject(t *testing.T, dir string, want generator.Tree) {
	t.Helper()
	wantCommits(t, dir, want, "1")
}

// wantCommits is wantProject for a repository with several commits.
func wantCommits(t *testing.T, dir string, want generator.Tree, commits string) {
	t.Helper()
	if diff := diffTrees(readTree(t, dir), want); diff != "" {
		t.Fatalf("files in %s (-want +got):\n%s", dir, diff)
	}
	if !programs.Have(t) {
		return
	}
	runGit(t, dir, "fsck", "--strict", "--full")
	runGit(t, dir, "diff-files", "--quiet")
	if out := runGit(t, dir, "status", "--porcelain", "--ignored"); out != "" {
		t.Fatalf("git status in %s: %s", dir, out)
	}
	if out := runGit(t, dir, "rev-list", "--count", "HEAD"); out != commits {
		t.Fatalf("commits in %s: got %s, want %s", dir, out, commits)
	}
}

// wantEntries checks the names in a directory.
func wantEntries(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Fatalf("entries of %s (-want +got):\n%s", dir, diff)
	}
}

func mustWrite(t *testing.T, tree generator.Tree, target Target) Result {
	t.Helper()
	result, err := Write(t.Context(), tree, target)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func checkError(target Target) error {
	_, err := Check(sampleTree(), target)
	return err
}

var testTime = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func mkdirAll(t *testing.T, elements ...string) string {
	t.Helper()
	dir := filepath.Join(elements...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
