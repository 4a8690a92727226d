package writer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

// place is a directory that cannot be replaced.
type place struct {
	dir     string
	git     bool           // it has a repository
	before  generator.Tree // its files
	after   generator.Tree // its files after Write
	commits string         // after Write
}

// inPlace returns functions that prepare a directory that cannot be replaced: the working directory, and clones of a
// repository without a commit and of one with the starter files of a forge.
func inPlace(t *testing.T) map[string]func(t *testing.T) place {
	t.Helper()
	clone := func(t *testing.T, files generator.Tree, flags ...string) string {
		t.Helper()
		root := t.TempDir()
		origin, clone := filepath.Join(root, "origin"), filepath.Join(root, "clone")
		runGit(t, root, "init", "-q", "-b", "trunk/one", "origin")
		if len(files) > 0 {
			commitFiles(t, origin, files)
		}
		runGit(t, origin, "config", "receive.denyCurrentBranch", "ignore")
		runGit(t, root, append([]string{"clone", "-q", "origin", "clone"}, flags...)...)
		return clone
	}
	return map[string]func(t *testing.T) place{
		"working directory": func(t *testing.T) place {
			t.Chdir(t.TempDir())
			return place{dir: ".", after: sampleTree(), commits: "1"}
		},
		"fresh clone": func(t *testing.T) place {
			return place{dir: clone(t, nil), git: true, after: sampleTree(), commits: "1"}
		},
		"clone with starters": func(t *testing.T) place {
			return place{dir: clone(t, starterFiles), git: true, before: starterFiles, after: mergedTree(), commits: "2"}
		},
		"shared clone": func(t *testing.T) place {
			return place{dir: clone(t, starterFiles, "--shared"), git: true, before: starterFiles, after: mergedTree(), commits: "2"}
		},
		"starters without a commit": func(t *testing.T) place {
			dir := clone(t, nil)
			writeFiles(t, dir, starterFiles)
			after := mergedTree()
			for i, f := range after {
				if f.Path == "README.md" { // git does not have the title
					after[i].Data = []byte("# service\n\n" + string(f.Data))
				}
			}
			return place{dir: dir, git: true, before: starterFiles, after: after, commits: "1"}
		},
	}
}

// starterFiles are files with which a forge begins a repository.
var starterFiles = generator.Tree{
	{Path: ".gitattributes", Data: []byte("* text=auto eol=lf\n")},
	{Path: ".gitignore", Data: []byte("*.exe\n")},
	{Path: "LICENSE", Data: []byte("MIT\n")},
	{Path: "README.md", Data: []byte("# service")},
}

// mergedTree returns the sample with starterFiles.
func mergedTree() generator.Tree {
	tree := append(sampleTree(), generator.File{Path: "LICENSE", Data: []byte("MIT\n")})
	for i, f := range tree {
		if f.Path == ".gitignore" {
			tree[i].Data = []byte("*.exe\n\n" + string(f.Data))
		}
	}
	return sorted(tree)
}

func writeFiles(t *testing.T, dir string, files generator.Tree) {
	t.Helper()
	for _, f := range files {
		writeFile(t, filepath.Join(dir, f.Path), string(f.Data))
	}
}

func commitFiles(t *testing.T, dir string, files generator.Tree) {
	t.Helper()
	writeFiles(t, dir, files)
	runGit(t, dir, "add", ".")
	runGit(t, dir, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "x")
}

func TestWriteFillsDirectoryThatCannotBeReplaced(t *testing.T) {
	programs.Need(t)
	for name, prepare := range inPlace(t) {
		t.Run(name, func(t *testing.T) {
			p := prepare(t)
			checked, err := Check(sampleTree(), Target{Dir: p.dir})
			if err != nil {
				t.Fatal(err)
			}
			result := mustWrite(t, sampleTree(), Target{Dir: p.dir})
			wantCommits(t, result.Dir, p.after, p.commits)
			if diff := diffTrees(result.Tree, p.after) + diffTrees(checked.Tree, p.after) + cmp.Diff(checked.Existing, result.Existing); diff != "" {
				t.Errorf("the results of Check and Write differ:\n%s", diff)
			}
			if !p.git {
				return
			}
			if got := runGit(t, p.dir, "branch", "--show-current"); got != "trunk/one" || result.Branch != got {
				t.Errorf("branch: got %s in git and %s in the result, want trunk/one", got, result.Branch)
			}
			runGit(t, p.dir, "push", "-q")
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
	points["clone with starters"] = append([]point{{"move", 4}, {"move", 5}}, points["fresh clone"]...)
	points["starters without a commit"] = points["clone with starters"]
	for name, prepare := range inPlace(t) {
		for _, p := range points[name] {
			t.Run(fmt.Sprintf("%s/%s %d", name, p.step, p.n), func(t *testing.T) {
				at := prepare(t)
				status := func() string {
					if !at.git {
						return ""
					}
					return runGit(t, at.dir, "status", "--porcelain", "--branch")
				}
				before := status()
				_, err := write(t.Context(), sampleTree(), Target{Dir: at.dir}, failAt(p.step, p.n))
				wantError(t, err, "fault")
				if diff := diffTrees(readTree(t, at.dir), at.before) + cmp.Diff(before, status()); diff != "" {
					t.Fatalf("after the failure (-before +after):\n%s", diff)
				}
				if at.git {
					runGit(t, at.dir, "fsck", "--strict")
				}
				result := mustWrite(t, sampleTree(), Target{Dir: at.dir})
				wantCommits(t, result.Dir, at.after, at.commits)
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
			commitFiles(t, dir, generator.Tree{{Path: "x", Data: []byte("x")}})
			os.Remove(filepath.Join(dir, "x"))
		}, "has commits with other files than .gitattributes"},
		"a commit on another branch": {func(t *testing.T, dir string) {
			commitFiles(t, dir, generator.Tree{{Path: "README.md", Data: []byte("# x")}})
			runGit(t, dir, "checkout", "-q", "--orphan", "other")
			runGit(t, dir, "rm", "-q", "-f", "README.md")
		}, "none on other"},
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
		}, "extensions.future = true"},
		"other files": {func(t *testing.T, dir string) {
			runGit(t, dir, "config", "core.worktree", "/elsewhere")
		}, "core.worktree = /elsewhere"},
		"a split index": {func(t *testing.T, dir string) {
			runGit(t, dir, "update-index", "--split-index")
		}, "run git update-index --no-split-index"},
		"a running git": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, gitDir, "index.lock"), "")
		}, "index.lock; wait until git ends, remove the file"},
		"a killed git": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, gitDir, "refs", "heads", "main.lock"), "")
		}, "main.lock; wait until git ends, remove the file"},
		"a missing commit": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, gitDir, "HEAD"), "ref: refs/heads/main\n")
			writeFile(t, filepath.Join(dir, gitDir, "refs", "heads", "main"), "0123456789012345678901234567890123456789\n")
		}, "read the last commit: object not found"},
		"an empty branch": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, gitDir, "refs", "heads", "main"), "")
		}, "list the branches"},
		"broken settings": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, gitDir, "config"), "[core\n")
		}, "config: line 1: git does not accept it"},
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
			wantError(t, checkError(Target{Dir: dir}), test.want, "--dir", "--no-git")

			// Files alone need no repository that can be written.
			mustWrite(t, sampleTree(), Target{Dir: dir, Repository: RepositoryNever})
			if diff := diffTrees(readTree(t, dir), sampleTree()); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// The files and the repository of the user stay as they are if they are not those of a new repository.
func TestWriteRejectsOtherFilesThanStarters(t *testing.T) {
	programs.Need(t)
	tests := map[string]struct {
		prepare func(t *testing.T, dir string)
		want    string
	}{
		"a changed starter": {func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "README.md"), "# other") }, "README.md differs from the last commit"},
		"a removed starter": {func(_ *testing.T, dir string) { os.Remove(filepath.Join(dir, "README.md")) }, "README.md differs from the last commit"},
		"a new starter":     {func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "README"), "x") }, "README is not in the last commit"},
		"a staged starter": {func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, "README.md"), "# other")
			runGit(t, dir, "add", ".")
			writeFile(t, filepath.Join(dir, "README.md"), "# service")
		}, "has staged files"},
		"a sparse index": {func(t *testing.T, dir string) {
			runGit(t, dir, "sparse-checkout", "set", "--sparse-index", "docs")
		}, "git sparse-checkout disable"},
		"another file":         {func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "main.go"), "package main") }, "not empty"},
		"an executable":        {func(_ *testing.T, dir string) { _ = os.Chmod(filepath.Join(dir, "README.md"), 0o755) }, "not empty"},
		"a link":               {func(_ *testing.T, dir string) { _ = os.Symlink("LICENSE", filepath.Join(dir, "README")) }, "not empty"},
		"starters and no .git": {func(_ *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, gitDir)) }, "not empty"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			runGit(t, dir, "init", "-q")
			commitFiles(t, dir, starterFiles)
			test.prepare(t, dir)
			before := readTree(t, dir)
			wantError(t, checkError(Target{Dir: dir}), test.want)
			_, err := Write(t.Context(), sampleTree(), Target{Dir: dir})
			wantError(t, err, test.want)
			if diff := diffTrees(readTree(t, dir), before); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
		})
	}
}

func TestMergeSaysWhatHappensToEachFile(t *testing.T) {
	read := func(path, text string) starter {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, path), text)
		s, err := readStarter(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	committed := func(s starter) starter {
		s.committed = true
		return s
	}
	for name, test := range map[string]struct {
		starter starter
		action  Action
		want    string
	}{
		"stub":                        {committed(read("README.md", "# service\n")), Replaced, "# A project\n"},
		"stub that git does not have": {read("README.md", "# service\n"), Merged, "# service\n\n# A project\n"},
		"empty README":                {read("README.md", ""), Replaced, "# A project\n"},
		"README":                      {read("README.md", "# service\r\n\r\nOurs.\r\n"), Merged, "# service\r\n\r\nOurs.\r\n\r\n# A project\r\n"},
		"no title":                    {read("README.md", "Ours."), Merged, "Ours.\n\n# A project\n"},
		"same .gitignore":             {read(".gitignore", "/bin/\r\n*.log\r\n"), Kept, "/bin/\r\n*.log\r\n"},
		"other .gitignore":            {read(".gitignore", "*.exe"), Merged, "*.exe\n\n/bin/\n*.log\n"},
		"license":                     {read("LICENSE.txt", "MIT"), Kept, "MIT"},
		"README in another":           {read("README.txt", "Ours."), Kept, "Ours."},
	} {
		tree, existing := merge(sampleTree(), []starter{test.starter})
		got, _ := tree.Lookup(test.starter.path)
		if string(got) != test.want || len(existing) != 1 || existing[0] != (Existing{test.starter.path, test.action}) {
			t.Errorf("%s: got %q and %v, want %q and %s", name, got, existing, test.want, test.action)
		}
	}
}

// Starters keep their line ends, in the directory and in the commit. git has no change to report afterwards.
func TestStartersKeepTheirLineEnds(t *testing.T) {
	programs.Need(t)
	const license, ignore = "MIT\r\n\r\nFree.\r\n", "*.exe\r\n"
	for name, test := range map[string]struct {
		autocrlf  string
		committed bool
		stored    string
		ignore    string
	}{
		"committed":                {"false", true, license, "*.exe\r\n\r\n/bin/\r\n*.log\r\n"},
		"not committed":            {"false", false, license, "*.exe\r\n\r\n/bin/\r\n*.log\r\n"},
		"committed and converted":  {"true", true, "MIT\n\nFree.\n", "*.exe\n\n/bin/\n*.log\n"},
		"converted, not committed": {"input", false, "MIT\n\nFree.\n", "*.exe\n\n/bin/\n*.log\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			runGit(t, dir, "init", "-q")
			runGit(t, dir, "config", "core.autocrlf", test.autocrlf)
			writeFile(t, filepath.Join(dir, "LICENSE"), license)
			writeFile(t, filepath.Join(dir, ".gitignore"), ignore)
			if test.committed {
				commitFiles(t, dir, nil)
			}
			mustWrite(t, sampleTree(), Target{Dir: dir})
			if got, err := os.ReadFile(filepath.Join(dir, "LICENSE")); err != nil || string(got) != license {
				t.Errorf("LICENSE: got %q, %v, want %q", got, err, license)
			}
			if got := runGit(t, dir, "cat-file", "-s", "HEAD:LICENSE"); got != strconv.Itoa(len(test.stored)) {
				t.Errorf("LICENSE in git: got %s bytes, want %q", got, test.stored)
			}
			if got, err := os.ReadFile(filepath.Join(dir, ".gitignore")); err != nil || string(got) != test.ignore {
				t.Errorf(".gitignore: got %q, %v, want %q", got, err, test.ignore)
			}
			if out := runGit(t, dir, "status", "--short"); out != "" {
				t.Errorf("git status:\n%s", out)
			}
		})
	}
}

// Without a commit of its own, a run replaces a title only if git can restore it.
func TestWriteWithoutGitKeepsATitleThatIsNotCommitted(t *testing.T) {
	programs.Need(t)
	for committed, want := range map[bool]string{false: "# service\n\n# A project\n", true: "# A project\n"} {
		dir := t.TempDir()
		runGit(t, dir, "init", "-q")
		writeFiles(t, dir, starterFiles)
		if committed {
			commitFiles(t, dir, starterFiles)
		}
		mustWrite(t, sampleTree(), Target{Dir: dir, Repository: RepositoryNever})
		if got, err := os.ReadFile(filepath.Join(dir, "README.md")); err != nil || string(got) != want {
			t.Errorf("committed %t: got %q, %v, want %q", committed, got, err, want)
		}
	}
}

// A bare repository is the place of linked work trees, not of files.
func TestWriteRejectsBareRepository(t *testing.T) {
	programs.Need(t)
	dir := t.TempDir()
	runGit(t, dir, "init", "-q", "--bare", gitDir)
	_, err := Write(t.Context(), sampleTree(), Target{Dir: dir})
	wantError(t, err, "the repository is bare", "--dir")
}

// git reads these settings, or they do not matter for a commit.
func TestWriteFillsRepositoryWithAnySettings(t *testing.T) {
	programs.Need(t)
	for _, text := range []string{
		"[extensions]\n\tpartialClone = origin\n", // git clone --filter=blob:none
		"[extensions]\n\tworktreeConfig = true\n", // git sparse-checkout
		"[extensions]\n\tpreciousObjects\n\tobjectFormat = sha1\n",
		"[branch.trunk]\n\tremote = origin\n[alias] x = status\n",
	} {
		dir := t.TempDir()
		runGit(t, dir, "init", "-q", "-b", "trunk")
		config := filepath.Join(dir, gitDir, "config")
		data, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, config, "\ufeff"+strings.Replace(string(data), "version = 0", "version = 1", 1)+text)
		mustWrite(t, sampleTree(), Target{Dir: dir})
		wantProject(t, dir, sampleTree())
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

// killAt copies a new directory as a run leaves it that is killed at the nth time of the step.
func killAt(t *testing.T, prepare func(t *testing.T) place, step string, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "killed")
	fault := failAt(step, n)
	p := prepare(t)
	_, err := write(t.Context(), sampleTree(), Target{Dir: p.dir}, func(s string) error {
		err := fault(s)
		if err != nil {
			if err := os.CopyFS(dir, os.DirFS(p.dir)); err != nil {
				t.Error(err)
			}
		}
		return err
	})
	wantError(t, err, "fault")
	return dir
}

// everything returns the files of a directory and those of .git, without the index, which git may refresh.
func everything(t *testing.T, dir string) generator.Tree {
	t.Helper()
	tree := readTree(t, dir)
	for _, f := range readTree(t, filepath.Join(dir, gitDir)) {
		if f.Path != "index" {
			tree = append(tree, generator.File{Path: gitDir + "/" + f.Path, Data: f.Data})
		}
	}
	return slices.DeleteFunc(tree, func(f generator.File) bool { return strings.HasPrefix(f.Path, ".acton-new-") })
}

// The user can work in what a killed run left. The next run undoes nothing then.
func TestNextRunKeepsTheWorkOfTheUser(t *testing.T) {
	programs.Need(t)
	commit := func(t *testing.T, dir string) {
		runGit(t, dir, "checkout", "-q", "-b", "feature")
		writeFile(t, filepath.Join(dir, "mine.go"), "package mine\n")
		runGit(t, dir, "add", "mine.go")
		runGit(t, dir, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "mine")
	}
	changes := map[string]func(t *testing.T, dir string){
		"commit": commit,
		"commit on another branch": func(t *testing.T, dir string) {
			branch := runGit(t, dir, "branch", "--show-current")
			commit(t, dir)
			runGit(t, dir, "checkout", "-q", branch)
		},
		"stash": func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, "README.md"), "mine")
			runGit(t, dir, "-c", "user.name=x", "-c", "user.email=x@y", "stash", "-q")
		},
		"setting":  func(t *testing.T, dir string) { runGit(t, dir, "config", "user.name", "x") },
		"new file": func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "mine.go"), "package mine\n") },
		"edit":     func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "README.md"), "mine") },
	}
	places := inPlace(t)
	for _, at := range []string{"working directory", "fresh clone", "clone with starters"} {
		for name, change := range changes {
			t.Run(at+"/"+name, func(t *testing.T) {
				dir := killAt(t, places[at], "finish", 1)
				change(t, dir)
				before := everything(t, dir)
				if err := checkError(Target{Dir: dir}); err == nil {
					t.Error("check: got no error")
				}
				wantError(t, writeError(t, dir), "not empty", ".journal, left by an interrupted run")
				if diff := diffTrees(everything(t, dir), before); diff != "" {
					t.Errorf("files (-before +after):\n%s", diff)
				}
				if left, _ := filepath.Glob(filepath.Join(dir, ".acton-new-*")); len(left) > 0 {
					t.Errorf("left: %v", left)
				}
			})
		}
	}
}

// TestNextRunUndoesEachStep covers the moments that a random kill hardly ever meets.
func TestNextRunUndoesEachStep(t *testing.T) {
	programs.Need(t)
	steps := []string{"move 1", "move 3", "move repository 1", "adopt 1", "adopt 2", "adopt 3", "adopt 4"}
	for name, prepare := range inPlace(t) {
		for _, at := range steps {
			if name == "working directory" && strings.HasPrefix(at, "adopt") || name == "shared clone" {
				continue
			}
			t.Run(name+"/"+at, func(t *testing.T) {
				var p place
				n, _ := strconv.Atoi(at[len(at)-1:])
				dir := killAt(t, func(t *testing.T) place { p = prepare(t); return p }, at[:len(at)-2], n)
				if err := checkError(Target{Dir: dir}); err != nil {
					t.Errorf("check: %v", err)
				}
				if result := mustWrite(t, sampleTree(), Target{Dir: dir}); len(result.Removed) != 1 {
					t.Errorf("removed: got %v, want the journal", result.Removed)
				}
				runGit(t, dir, "update-index", "-q", "--refresh")
				wantCommits(t, dir, p.after, p.commits)
			})
		}
	}
}

func TestNextRunKeepsCompleteProject(t *testing.T) {
	programs.Need(t)
	for name, prepare := range inPlace(t) {
		t.Run(name, func(t *testing.T) {
			var p place
			dir := killAt(t, func(t *testing.T) place { p = prepare(t); return p }, "finish", 1)
			for _, err := range []error{checkError(Target{Dir: dir}), writeError(t, dir)} {
				wantError(t, err, dir, "an interrupted run has completed this project", "--dir")
			}
			runGit(t, dir, "update-index", "-q", "--refresh") // the copy has other times
			wantCommits(t, dir, p.after, p.commits)
		})
	}
}

func writeError(t *testing.T, dir string) error {
	t.Helper()
	_, err := Write(t.Context(), sampleTree(), Target{Dir: dir})
	return err
}

// A downloaded directory can contain a journal that no run wrote.
func TestJournalChangesNothingOutsideTheDirectory(t *testing.T) {
	programs.Need(t)
	const name = ".acton-new-01234567.journal"
	outside := filepath.Join(t.TempDir(), "outside")
	sum := sumOf([]byte("mine"))
	file := func(path string) string {
		return fmt.Sprintf(`{"Path":%q,"Sum":%q,"Replaces":true,"Original":"YmFk"}`, path, sum)
	}
	git := func(t *testing.T, dir string) { runGit(t, dir, "init", "-q") }
	for test, c := range map[string]struct {
		plan    string
		prepare func(t *testing.T, dir string)
		want    []string
	}{
		"file":            {`{"Files":[` + file("../outside/file") + `]}`, git, []string{name, "../outside/file", "remove this file"}},
		"repository file": {`{"Files":[{}],"Repository":[` + file(".git/../../outside/file") + `]}`, git, []string{name, "remove this file"}},
		"absolute file":   {`{"Files":[` + file(filepath.Join(outside, "file")) + `]}`, git, []string{name, "remove this file"}},
		"directory":       {`{"Files":[` + file("x") + `],"Dirs":["../outside/empty"]}`, git, []string{name, "remove this file"}},
		"branch of an older version": {`{"Adopted":{"Branch":"../../../outside/new","Commit":"x","Parent":"y","Files":["../../outside/file"]}}`,
			git, nil},
		"link": {`{"Files":[` + file("link/file") + `]}`, func(t *testing.T, dir string) {
			if err := os.Symlink("../outside", filepath.Join(dir, "link")); err != nil {
				t.Skip(err)
			}
		}, []string{"not empty"}},
		"link as hidden directory": {`{"Files":[]}`, func(t *testing.T, dir string) {
			if err := os.Symlink("../outside", filepath.Join(dir, strings.TrimSuffix(name, ".journal"))); err != nil {
				t.Skip(err)
			}
		}, nil},
		"tracked": {`{"Files":[` + file("x") + `]}`, func(t *testing.T, dir string) {
			git(t, dir)
			commitFiles(t, dir, nil)
		}, []string{name, "belongs to git", "remove this file"}},
		"tracked above": {`{"Files":[` + file("x") + `]}`, func(t *testing.T, dir string) {
			git(t, filepath.Dir(dir))
			commitFiles(t, filepath.Dir(dir), nil)
		}, []string{name, "belongs to git", "remove this file"}},
		"tracked in a linked work tree": {`{"Files":[` + file("x") + `]}`, func(t *testing.T, dir string) {
			journal, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || os.RemoveAll(dir) != nil {
				t.Fatal(err)
			}
			repository := mkdirAll(t, dir+"-repository")
			git(t, repository)
			commitFiles(t, repository, generator.Tree{{Path: "README.md"}})
			runGit(t, repository, "worktree", "add", "-q", "--detach", dir)
			writeFile(t, filepath.Join(dir, name), string(journal))
			runGit(t, dir, "add", name)
		}, []string{name, "belongs to git", "remove this file"}},
		"unreadable index": {`{"Files":[` + file("x") + `]}`, func(t *testing.T, dir string) {
			git(t, dir)
			writeFile(t, filepath.Join(dir, gitDir, "index"), "x")
		}, []string{name, "cannot be read", "remove this file"}},
	} {
		t.Run(test, func(t *testing.T) {
			root := filepath.Dir(outside)
			if err := os.RemoveAll(root); err != nil {
				t.Fatal(err)
			}
			mkdirAll(t, outside, "empty")
			writeFile(t, filepath.Join(outside, "file"), "mine")
			dir := mkdirAll(t, root, "target")
			writeFile(t, filepath.Join(dir, name), journalMark+c.plan+"\n")
			c.prepare(t, dir)
			checked := checkError(Target{Dir: dir})
			err := writeError(t, dir)
			wantEntries(t, outside, "empty", "file")
			if diff := diffTrees(readTree(t, outside), generator.Tree{{Path: "file", Data: []byte("mine")}}); diff != "" {
				t.Errorf("files outside (-before +after):\n%s", diff)
			}
			if c.want == nil {
				if err != nil || checked != nil {
					t.Errorf("got %v and %v, want no error", err, checked)
				}
				return
			}
			wantError(t, err, c.want...)
			if checked == nil {
				t.Error("check: got no error")
			}
			wantEntries(t, outside, "empty", "file")
		})
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
	wantError(t, checkError(Target{Dir: dir}), "another run")
	wantEntries(t, dir, filepath.Base(j.path))
}

// The runs that fail must not undo what the one that succeeds has written.
func TestConcurrentRunsInOneCloneHaveOneWinner(t *testing.T) {
	programs.Need(t)
	for range 10 {
		dir := t.TempDir()
		runGit(t, dir, "init", "-q")
		commitFiles(t, dir, starterFiles)
		results := make(chan error)
		for range 6 {
			go func() {
				_, err := Write(t.Context(), sampleTree(), Target{Dir: dir})
				results <- err
			}()
		}
		won := 0
		for range 6 {
			err := <-results
			if err == nil {
				won++
			} else if text := err.Error(); !strings.Contains(text, "another run is writing") && !strings.Contains(text, "not empty") &&
				!strings.Contains(text, "another directory") {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("got %d runs that succeeded, want 1", won)
		}
		if out := runGit(t, dir, "status", "--short"); out != "" {
			t.Errorf("git status:\n%s", out)
		}
	}
}
