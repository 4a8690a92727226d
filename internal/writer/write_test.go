package writer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

func TestWriteCreatesProjectWithOneCommit(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "service")
	result := mustWrite(t, sampleTree(), Target{Dir: dir, Time: testTime})
	wantProject(t, dir, sampleTree())
	wantEntries(t, parent, "service")
	if !result.Committed || !result.Fallback || result.Branch != "main" || result.Dir != dir {
		t.Errorf("result: got %+v", result)
	}
	if !programs.Have(t) {
		return
	}
	if got := runGit(t, dir, "rev-parse", "HEAD"); got != result.Commit {
		t.Errorf("commit: got %s, want %s", result.Commit, got)
	}
	want := "main|Initial commit|acton-new|acton-new@localhost.invalid|2026-01-01T12:00:00+00:00"
	got := runGit(t, dir, "branch", "--show-current") + "|" + runGit(t, dir, "log", "-1", "--format=%s|%an|%ae|%cI")
	if got = strings.Replace(got, "12:00:00Z", "12:00:00+00:00", 1); got != want {
		t.Errorf("commit: got %s, want %s", got, want)
	}
}

func TestCommitIsReproducible(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	first := mustWrite(t, sampleTree(), Target{Dir: filepath.Join(t.TempDir(), "one")})
	second := mustWrite(t, sampleTree(), Target{Dir: filepath.Join(t.TempDir(), "two")})
	if first.Commit != second.Commit {
		t.Errorf("commits differ: %s, %s", first.Commit, second.Commit)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	_, err := Write(t.Context(), sampleTree(), Target{Dir: filepath.Join(t.TempDir(), "three")})
	wantError(t, err, "SOURCE_DATE_EPOCH", "for example")
	wantError(t, checkError(Target{Dir: filepath.Join(t.TempDir(), "three")}), "SOURCE_DATE_EPOCH", "for example")
}

func TestAuthorComesFromGitConfiguration(t *testing.T) {
	gitConfig := filepath.Join(t.TempDir(), "gitconfig")
	t.Setenv("GIT_CONFIG_GLOBAL", gitConfig)
	writeFile(t, gitConfig, "[user]\n\tname = Ada <Lovelace>\n\temail = ada@example.org\n")
	dir := filepath.Join(t.TempDir(), "service")
	result := mustWrite(t, sampleTree(), Target{Dir: dir})
	if result.Author != "Ada Lovelace <ada@example.org>" || result.Fallback {
		t.Errorf("author: got %q, fallback %v", result.Author, result.Fallback)
	}
	wantProject(t, dir, sampleTree())

	t.Setenv("GIT_AUTHOR_NAME", "Grace")
	t.Setenv("GIT_AUTHOR_EMAIL", "grace@example.org")
	dir = filepath.Join(t.TempDir(), "service")
	mustWrite(t, sampleTree(), Target{Dir: dir})
	if programs.Have(t) {
		if got := runGit(t, dir, "log", "-1", "--format=%an %ae %cn"); got != "Grace grace@example.org Ada Lovelace" {
			t.Errorf("author and committer: got %s", got)
		}
	}

	writeFile(t, gitConfig, "[user\nbroken")
	_, err := Write(t.Context(), sampleTree(), Target{Dir: filepath.Join(t.TempDir(), "service")})
	wantError(t, err, "gitconfig: line 1: git does not accept it")
	mustWrite(t, sampleTree(), Target{Dir: filepath.Join(t.TempDir(), "service"), Repository: RepositoryNever})
}

func TestIdentityEqualsGit(t *testing.T) {
	programs.Need(t)
	for name, test := range map[string]struct {
		config string
		env    map[string]string
	}{
		"user":                  {"[user]\n\tname = Ada\n\temail = a@b.example\n", nil},
		"author":                {"[user]\n\tname = Ada\n\temail = a@b.example\n[author]\n\tname = Grace\n", nil},
		"committer":             {"[user]\n\tname = Ada\n\temail = a@b.example\n[committer]\n\temail = c@b.example\n", nil},
		"environment":           {"[user]\n\tname = Ada\n\temail = a@b.example\n[author]\n\tname = Grace\n", map[string]string{"GIT_AUTHOR_NAME": "Env", "GIT_COMMITTER_EMAIL": "e@b.example"}},
		"environment alone":     {"", map[string]string{"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@b"}},
		"EMAIL":                 {"[user]\n\tname = Ada\n", map[string]string{"EMAIL": "mail@b.example"}},
		"EMAIL is last":         {"[user]\n\tname = Ada\n\temail = a@b.example\n", map[string]string{"EMAIL": "mail@b.example"}},
		"settings of a command": {"", map[string]string{"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "C", "GIT_CONFIG_KEY_1": "User.Email", "GIT_CONFIG_VALUE_1": "c@b"}},
		"odd characters":        {"[user]\n\tname = \" .Dr. Ada <L>\\nO'Neil \\\"x\\\", Jr.\"\n\temail = \"<a@b.example>\"\n", nil},
		"other letters":         {"[user]\n\tname = Zoë 李\n\temail = zoë@b.example\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "gitconfig")
			writeFile(t, config, test.config)
			t.Setenv("GIT_CONFIG_GLOBAL", config)
			for key, value := range test.env {
				t.Setenv(key, value)
			}
			dir := t.TempDir()
			plan, err := newCommitPlan(Target{Time: testTime}, dir, nil)
			if err != nil || plan.fallback {
				t.Fatalf("got %+v, %v", plan, err)
			}
			for variable, got := range map[string]object.Signature{"GIT_AUTHOR_IDENT": plan.author, "GIT_COMMITTER_IDENT": plan.committer} {
				want, _, _ := strings.Cut(runGit(t, dir, "var", variable), "> ")
				if got := got.Name + " <" + got.Email; got != want {
					t.Errorf("%s: got %q, want %q", variable, got, want)
				}
			}
		})
	}
}

// A conditional include applies to a directory that does not exist yet.
func TestAuthorComesFromConditionalInclude(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(root, "gitconfig"))
	writeFile(t, filepath.Join(root, "work.inc"), "[author]\n\temail = ada@work.example\n")
	writeFile(t, filepath.Join(root, "gitconfig"), "[user]\n\tname = Ada\n\temail = ada@home.example\n[includeIf \"gitdir:"+root+"/work/\"]\n\tpath = work.inc\n")
	result := mustWrite(t, sampleTree(), Target{Dir: filepath.Join(root, "work", "service")})
	if want := "Ada <ada@work.example>"; result.Author != want {
		t.Errorf("got %s, want %s", result.Author, want)
	}
}

func TestWriteFillsEmptyDirectoryAndKeepsItsMode(t *testing.T) {
	for _, mode := range []os.FileMode{0o700, os.ModeSetgid | 0o775, os.ModeSticky | 0o755} {
		dir := filepath.Join(t.TempDir(), "service")
		mkdir(t, dir, 0o700)
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		mustWrite(t, sampleTree(), Target{Dir: dir})
		wantProject(t, dir, sampleTree())
		if info, err := os.Stat(dir); err != nil || info.Mode() != os.ModeDir|mode {
			t.Errorf("mode: got %v, %v, want %v", info.Mode(), err, os.ModeDir|mode)
		}
	}
}

// A name can have 255 bytes on most file systems.
func TestWriteCreatesDirectoryWithLongName(t *testing.T) {
	for _, name := range []string{strings.Repeat("n", 255), strings.Repeat("ñ", 127)} {
		dir := filepath.Join(t.TempDir(), name)
		mustWrite(t, sampleTree(), Target{Dir: dir})
		if diff := diffTrees(readTree(t, dir), sampleTree()); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
}

func TestWriteFollowsLinkToEmptyDirectory(t *testing.T) {
	parent := t.TempDir()
	mkdir(t, filepath.Join(parent, "real"), 0o755)
	if err := os.Symlink("real", filepath.Join(parent, "link")); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, sampleTree(), Target{Dir: filepath.Join(parent, "link")})
	wantProject(t, filepath.Join(parent, "real"), sampleTree())
	wantEntries(t, parent, "link", "real")
}

func TestMissingParentsAreCreatedAndRemovedOnFailure(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "a", "b", "service")
	_, err := write(t.Context(), sampleTree(), Target{Dir: dir}, failAt("rename", 1))
	wantError(t, err, "fault")
	wantEntries(t, root)
	mustWrite(t, sampleTree(), Target{Dir: dir})
	wantProject(t, dir, sampleTree())
}

func TestWriteRejectsUnusableTargets(t *testing.T) {
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "file"), "x")
	mkdir(t, filepath.Join(root, "full"), 0o755)
	for _, name := range []string{"a", "b", "c", "d"} {
		writeFile(t, filepath.Join(root, "full", name), "x")
	}
	if err := os.Symlink("nowhere", filepath.Join(root, "dangling")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"bare/HEAD", "bare/objects/x", "bare/refs/x", "bare/tree/.git", "repository/.git/HEAD"} {
		mkdirAll(t, root, filepath.Dir(file))
		writeFile(t, filepath.Join(root, file), "")
	}
	tests := []struct {
		dir  string
		want []string
	}{
		{"repository/.git/services/orders", []string{"repository/.git belongs to git", "--dir"}},
		{"new/.git", []string{"new/.git belongs to git", "--dir"}},
		{"bare/orders", []string{"bare belongs to git", "--dir"}},
		{"full", []string{"not empty (a, b, c, …)", "--dir"}},
		{"file", []string{"is a file", "--dir"}},
		{"file/below", []string{filepath.Join(root, "file") + " is a file", "--dir"}},
		{"file/far/below", []string{filepath.Join(root, "file") + " is a file", "--dir"}},
		{"dangling", []string{"link to a path that does not exist", "--dir"}},
	}
	for _, test := range tests {
		_, err := Write(t.Context(), sampleTree(), Target{Dir: filepath.Join(root, test.dir)})
		wantError(t, err, test.want...)
		wantError(t, checkError(Target{Dir: filepath.Join(root, test.dir)}), test.want...)
	}
	wantEntries(t, root, "bare", "dangling", "file", "full", "repository")
	wantEntries(t, filepath.Join(root, "full"), "a", "b", "c", "d")
	mustWrite(t, sampleTree(), Target{Dir: filepath.Join(root, "bare", "tree", "orders"), Repository: RepositoryNever})
}

func TestRepositoryModes(t *testing.T) {
	programs.Need(t)
	enclosing := t.TempDir()
	runGit(t, enclosing, "init", "-q")
	auto := filepath.Join(enclosing, "services", "one")
	result := mustWrite(t, sampleTree(), Target{Dir: auto})
	if result.Committed || result.Enclosing != enclosing {
		t.Errorf("inside another repository: got %+v, want no commit and the enclosing repository %s", result, enclosing)
	}
	wantAbsent(t, filepath.Join(auto, gitDir))

	always := filepath.Join(enclosing, "services", "two")
	mustWrite(t, sampleTree(), Target{Dir: always, Repository: RepositoryAlways})
	wantProject(t, always, sampleTree())

	never := filepath.Join(t.TempDir(), "three")
	result = mustWrite(t, sampleTree(), Target{Dir: never, Repository: RepositoryNever})
	if result.Committed {
		t.Error("got a commit, want none")
	}
	wantAbsent(t, filepath.Join(never, gitDir))
}

func TestLinkedWorkTreeIsAnEnclosingRepository(t *testing.T) {
	enclosing := t.TempDir()
	writeFile(t, filepath.Join(enclosing, gitDir), "gitdir: /elsewhere\n")
	if result := mustWrite(t, sampleTree(), Target{Dir: filepath.Join(enclosing, "one")}); result.Enclosing != enclosing {
		t.Errorf("enclosing repository: got %q, want %q", result.Enclosing, enclosing)
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	for _, step := range []string{"inspect", "parents", "file", "repository", "rename"} {
		for _, exists := range []bool{false, true} {
			root := t.TempDir()
			dir := filepath.Join(root, "service")
			var before []string
			if exists {
				mkdir(t, dir, 0o755)
				before = []string{"service"}
			}
			_, err := write(t.Context(), sampleTree(), Target{Dir: dir}, failAt(step, 1))
			wantError(t, err, "fault")
			wantEntries(t, root, before...)
		}
	}
}

func TestCancellationLeavesNothing(t *testing.T) {
	root := t.TempDir()
	for n := range 8 {
		ctx, cancel := context.WithCancel(t.Context())
		left := n * 20
		_, err := write(ctx, sampleTree(), Target{Dir: filepath.Join(root, "service")}, func(string) error {
			if left--; left < 0 {
				cancel()
			}
			return nil
		})
		cancel()
		if left < 0 && !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled: got %v", err)
		}
		if err == nil {
			break
		}
		wantEntries(t, root)
	}
}

func TestWriteDoesNotOverwriteConcurrentChanges(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "service")
	_, err := write(t.Context(), sampleTree(), Target{Dir: dir}, func(step string) error {
		if step == "rename" {
			mkdir(t, dir, 0o755)
			writeFile(t, filepath.Join(dir, "mine"), "x")
		}
		return nil
	})
	wantError(t, err, "another process created it")
	wantEntries(t, root, "service")
	wantEntries(t, dir, "mine")
}

func TestWriteRejectsPathsOutsideTheTarget(t *testing.T) {
	root := t.TempDir()
	_, err := Write(t.Context(), generator.Tree{{Path: "../escape", Data: nil}}, Target{Dir: filepath.Join(root, "service")})
	wantError(t, err, "outside the target directory")
	wantEntries(t, root)
}

func TestOnlyStaleStagesAreRemoved(t *testing.T) {
	root := t.TempDir()
	active, err := newStage(root, "active")
	if err != nil {
		t.Fatal(err)
	}
	defer active.remove()
	stale, err := newStage(root, "stale")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(stale.dir, "project"), "x")
	stale.lock.Close()
	unmarked := filepath.Join(root, ".just.acton-new-created0")
	mkdir(t, unmarked, 0o700)
	unrelated := filepath.Join(root, ".looks.acton-new-similar0")
	mkdir(t, unrelated, 0o755)
	writeFile(t, filepath.Join(unrelated, "diary"), "x")

	result := mustWrite(t, sampleTree(), Target{Dir: filepath.Join(root, "service")})
	wantAbsent(t, stale.dir)
	wantAbsent(t, unmarked)
	for _, kept := range []string{active.dir, unrelated} {
		if _, err := os.Stat(kept); err != nil {
			t.Errorf("%s: got %v, want it kept", kept, err)
		}
	}
	if len(result.Removed) != 2 {
		t.Errorf("removed: got %v, want two", result.Removed)
	}
	wantEntries(t, unrelated, "diary")
}

func failAt(step string, n int) func(string) error {
	return func(s string) error {
		if s == step {
			n--
			if n == 0 {
				return fmt.Errorf("fault at %s", step)
			}
		}
		return nil
	}
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

func wantAbsent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: got %v, want no such file", path, err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Mkdir(path, mode); err != nil {
		t.Fatal(err)
	}
}

// A mount such as drvfs shows every file as executable.
func TestExecutableFilesMakeGitIgnoreModes(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config")
	writeFile(t, name, "")
	for mode, want := range map[os.FileMode]bool{0o644: true, 0o600: true, 0o777: false, 0o755: false} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if got := keepsModes(name); got != want {
			t.Errorf("%v: got %t, want %t", mode, got, want)
		}
		if info, err := os.Stat(name); err != nil || info.Mode() != mode {
			t.Errorf("%v: the mode changes to %v, %v", mode, info.Mode(), err)
		}
	}
}

func TestNewRepositoryHasTheSettingsOfGit(t *testing.T) {
	programs.Need(t)
	root := t.TempDir()
	runGit(t, root, "init", "-q", "git")
	mustWrite(t, sampleTree(), Target{Dir: filepath.Join(root, "service")})
	want := runGit(t, filepath.Join(root, "git"), "config", "--local", "--list")
	if got := runGit(t, filepath.Join(root, "service"), "config", "--local", "--list"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
