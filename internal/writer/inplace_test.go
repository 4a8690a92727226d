package writer

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/acton-go/acton-new/internal/verify/programs"
)

// inPlace returns functions that prepare a directory that cannot be replaced: the working directory, and a clone of an
// empty repository. They also return the previous content of the directory.
func inPlace(t *testing.T) map[string]func(t *testing.T) (dir string, before []string) {
	t.Helper()
	return map[string]func(t *testing.T) (string, []string){
		"working directory": func(t *testing.T) (string, []string) {
			dir := t.TempDir()
			t.Chdir(dir)
			return ".", nil
		},
		"fresh clone": func(t *testing.T) (string, []string) {
			root := t.TempDir()
			runGit(t, root, "init", "-q", "--bare", "-b", "trunk/one", "origin")
			runGit(t, root, "clone", "-q", "origin", "clone")
			return filepath.Join(root, "clone"), []string{gitDir}
		},
	}
}

func TestWriteFillsDirectoryThatCannotBeReplaced(t *testing.T) {
	programs.Need(t)
	for name, prepare := range inPlace(t) {
		t.Run(name, func(t *testing.T) {
			dir, before := prepare(t)
			result := mustWrite(t, sampleTree(), Target{Dir: dir})
			wantProject(t, result.Dir, sampleTree())
			if before == nil {
				return
			}
			if got := runGit(t, dir, "branch", "--show-current"); got != "trunk/one" || result.Branch != got {
				t.Errorf("branch: got %s in git and %s in the result, want trunk/one", got, result.Branch)
			}
			runGit(t, dir, "push", "-q")
		})
	}
}

func TestFailureUndoesFillInPlace(t *testing.T) {
	programs.Need(t)
	type point struct {
		step string
		n    int
	}
	common := []point{{"inspect", 1}, {"stage", 1}, {"file", 1}, {"file", 50}, {"repository", 1}, {"move", 1}, {"move", 3},
		{"move repository", 1}, {"finish", 1}}
	points := map[string][]point{
		"working directory": common,
		"fresh clone":       append([]point{{"adopt", 1}, {"adopt", 2}, {"adopt", 3}, {"adopt", 4}}, common...),
	}
	for name, prepare := range inPlace(t) {
		for _, p := range points[name] {
			t.Run(fmt.Sprintf("%s/%s %d", name, p.step, p.n), func(t *testing.T) {
				dir, before := prepare(t)
				_, err := write(t.Context(), sampleTree(), Target{Dir: dir}, failAt(p.step, p.n))
				wantError(t, err, "fault")
				wantEntries(t, dir, before...)
				result := mustWrite(t, sampleTree(), Target{Dir: dir})
				wantProject(t, result.Dir, sampleTree())
			})
		}
	}
}

func TestWriteWithoutRepositoryKeepsExistingRepository(t *testing.T) {
	programs.Need(t)
	root := t.TempDir()
	runGit(t, root, "init", "-q")
	result := mustWrite(t, sampleTree(), Target{Dir: root, Repository: RepositoryNever})
	if result.Committed {
		t.Error("got a commit, want none")
	}
	if diff := diffTrees(readTree(t, root), sampleTree()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWriteRejectsRepositoryThatIsNotEmpty(t *testing.T) {
	programs.Need(t)
	tests := map[string]struct {
		prepare func(t *testing.T, dir string)
		want    string
	}{
		"a commit": {func(t *testing.T, dir string) {
			runGit(t, dir, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "--allow-empty", "-m", "x")
		}, "has commits"},
		"a staged file": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, "x"), "x")
			runGit(t, dir, "add", "x")
			os.Remove(filepath.Join(dir, "x"))
		}, "has staged files"},
		"no branch": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, gitDir, "HEAD"), "0123456789012345678901234567890123456789\n")
		}, "is detached"},
		"SHA-256 objects": {func(t *testing.T, dir string) {
			os.RemoveAll(filepath.Join(dir, gitDir))
			runGit(t, dir, "init", "-q", "--object-format=sha256")
		}, "extensions.objectformat = sha256"},
		"a table of references": {func(t *testing.T, dir string) {
			runGit(t, dir, "config", "core.repositoryformatversion", "1")
			runGit(t, dir, "config", "extensions.refStorage", "reftable")
		}, "extensions.refstorage = reftable"},
		"an unknown extension": {func(t *testing.T, dir string) {
			runGit(t, dir, "config", "core.repositoryformatversion", "1")
			runGit(t, dir, "config", "extensions.future", "true")
		}, "unknown extension"},
		"half a repository": {func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, gitDir, "HEAD"))
		}, "cannot read the repository"},
		"a linked work tree": {func(t *testing.T, dir string) {
			os.RemoveAll(filepath.Join(dir, gitDir))
			runGit(t, dir, "init", "-q", "--bare", dir+".git")
			tree := runGit(t, dir+".git", "hash-object", "-t", "tree", "-w", "/dev/null")
			commit := runGit(t, dir+".git", "-c", "user.name=x", "-c", "user.email=x@y", "commit-tree", tree, "-m", "x")
			runGit(t, dir+".git", "worktree", "add", "-q", "--detach", dir, commit)
		}, ".git; "},
		"a submodule": {func(t *testing.T, dir string) {
			os.RemoveAll(filepath.Join(dir, gitDir))
			mkdirAll(t, dir+".git", "modules")
			runGit(t, dir, "init", "-q", "--separate-git-dir", filepath.Join(dir+".git", "modules", "m"))
		}, "modules/m; "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			runGit(t, dir, "init", "-q")
			test.prepare(t, dir)
			_, err := Write(t.Context(), sampleTree(), Target{Dir: dir})
			wantError(t, err, test.want, "--dir", "--no-git")
			wantEntries(t, dir, gitDir)
			wantError(t, Check(Target{Dir: dir}), test.want, "--dir", "--no-git")

			// Files alone need no repository that can be written.
			mustWrite(t, sampleTree(), Target{Dir: dir, Repository: RepositoryNever})
			if diff := diffTrees(readTree(t, dir), sampleTree()); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUndoKeepsFilesThatTheUserHasChanged(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	var kept string
	_, err := write(t.Context(), sampleTree(), Target{Dir: "."}, func(step string) error {
		if step != "move repository" {
			return nil
		}
		kept = filepath.Join(dir, "internal", "part3", "deep", "mine.txt")
		writeFile(t, kept, "x")
		writeFile(t, filepath.Join(dir, "README.md"), "edited")
		return failAt(step, 1)(step)
	})
	wantError(t, err, "fault")
	wantEntries(t, dir, "README.md", "internal")
	wantEntries(t, filepath.Join(dir, "internal"), "part3")
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
}

func TestWriteRejectsDirectoryWithRunInProgress(t *testing.T) {
	dir := t.TempDir()
	j, err := newJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	_, err = Write(t.Context(), sampleTree(), Target{Dir: dir})
	wantError(t, err, "another run")
	wantError(t, Check(Target{Dir: dir}), "another run")
	wantEntries(t, dir, filepath.Base(j.path))
}
