package generator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteMakesAProjectWithOneCommit(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "service")
	result := mustWrite(t, sampleTree(), Target{Dir: dir, Time: someTime})
	wantProject(t, dir, sampleTree())
	wantEntries(t, parent, "service")
	if got := runGit(t, dir, "rev-parse", "HEAD"); got != result.Commit {
		t.Errorf("commit: got %s, want %s", result.Commit, got)
	}
	want := "main|Initial commit|acton-new|acton-new@localhost.invalid|2026-01-01T12:00:00+00:00"
	got := runGit(t, dir, "branch", "--show-current") + "|" + runGit(t, dir, "log", "-1", "--format=%s|%an|%ae|%cI")
	if got = strings.Replace(got, "12:00:00Z", "12:00:00+00:00", 1); got != want {
		t.Errorf("commit: got %s, want %s", got, want)
	}
	if !result.Committed || !result.Fallback || result.Branch != "main" || result.Dir != dir {
		t.Errorf("result: got %+v", result)
	}
}

func TestTheCommitDependsOnNothingButTreeTimeAndAuthor(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	first := mustWrite(t, sampleTree(), Target{Dir: filepath.Join(t.TempDir(), "one")})
	second := mustWrite(t, sampleTree(), Target{Dir: filepath.Join(t.TempDir(), "two")})
	if first.Commit != second.Commit {
		t.Errorf("commits differ: %s, %s", first.Commit, second.Commit)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	_, err := Write(t.Context(), sampleTree(), Target{Dir: filepath.Join(t.TempDir(), "three")})
	wantError(t, err, "SOURCE_DATE_EPOCH", "for example")
}

func TestTheAuthorIsWhomGitIsConfiguredFor(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "gitconfig")
	t.Setenv("GIT_CONFIG_GLOBAL", settings)
	writeFile(t, settings, "[user]\n\tname = Ada <Lovelace>\n\temail = ada@example.org\n")
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
	if got := runGit(t, dir, "log", "-1", "--format=%an %ae %cn"); got != "Grace grace@example.org Ada Lovelace" {
		t.Errorf("author and committer: got %s", got)
	}

	writeFile(t, settings, "[user\nbroken")
	mustWrite(t, sampleTree(), Target{Dir: filepath.Join(t.TempDir(), "service")})
}

func TestAnEmptyDirectoryIsTaken(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "service")
	mkdir(t, dir, 0o700)
	mustWrite(t, sampleTree(), Target{Dir: dir})
	wantProject(t, dir, sampleTree())
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode: got %v, %v, want 0700 as before", info.Mode(), err)
	}
}

func TestALinkToAnEmptyDirectoryIsFollowed(t *testing.T) {
	parent := t.TempDir()
	mkdir(t, filepath.Join(parent, "real"), 0o755)
	if err := os.Symlink("real", filepath.Join(parent, "link")); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, sampleTree(), Target{Dir: filepath.Join(parent, "link")})
	wantProject(t, filepath.Join(parent, "real"), sampleTree())
	wantEntries(t, parent, "link", "real")
}

func TestMissingParentsAreMadeAndRemovedOnFailure(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "a", "b", "service")
	_, err := Write(t.Context(), sampleTree(), Target{Dir: dir, fault: failAt("rename", 1)})
	wantError(t, err, "fault")
	wantEntries(t, root)
	mustWrite(t, sampleTree(), Target{Dir: dir})
	wantProject(t, dir, sampleTree())
}

func TestWhatCannotBecomeTheProjectIsRefusedWithWaysOut(t *testing.T) {
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "file"), "x")
	mkdir(t, filepath.Join(root, "full"), 0o755)
	for _, name := range []string{"a", "b", "c", "d"} {
		writeFile(t, filepath.Join(root, "full", name), "x")
	}
	if err := os.Symlink("nowhere", filepath.Join(root, "dangling")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		dir  string
		want []string
	}{
		{"full", []string{"not empty (a, b, c, …)", "--dir"}},
		{"file", []string{"is a file", "--dir"}},
		{"file/below", []string{filepath.Join(root, "file") + " is a file", "--dir"}},
		{"file/far/below", []string{filepath.Join(root, "file") + " is a file", "--dir"}},
		{"dangling", []string{"link to something that does not exist", "--dir"}},
	}
	for _, test := range tests {
		_, err := Write(t.Context(), sampleTree(), Target{Dir: filepath.Join(root, test.dir)})
		wantError(t, err, test.want...)
	}
	wantEntries(t, root, "dangling", "file", "full")
	wantEntries(t, filepath.Join(root, "full"), "a", "b", "c", "d")
}

func TestARepositoryIsMadeUnlessThereIsOneAround(t *testing.T) {
	around := t.TempDir()
	runGit(t, around, "init", "-q")
	inside := filepath.Join(around, "services", "one")
	result := mustWrite(t, sampleTree(), Target{Dir: inside})
	if result.Committed || result.Enclosing != around {
		t.Errorf("inside another: got %+v, want no commit, and the enclosing %s", result, around)
	}
	wantAbsent(t, filepath.Join(inside, gitDir))

	asked := filepath.Join(around, "services", "two")
	mustWrite(t, sampleTree(), Target{Dir: asked, Repository: RepositoryAlways})
	wantProject(t, asked, sampleTree())

	never := filepath.Join(t.TempDir(), "three")
	result = mustWrite(t, sampleTree(), Target{Dir: never, Repository: RepositoryNever})
	if result.Committed {
		t.Error("a commit was made although none was wanted")
	}
	wantAbsent(t, filepath.Join(never, gitDir))
}

func TestALinkedWorkTreeCountsAsARepositoryAround(t *testing.T) {
	around := t.TempDir()
	writeFile(t, filepath.Join(around, gitDir), "gitdir: /elsewhere\n")
	if result := mustWrite(t, sampleTree(), Target{Dir: filepath.Join(around, "one")}); result.Enclosing != around {
		t.Errorf("enclosing: got %q, want %q", result.Enclosing, around)
	}
}

func TestAnyFailureLeavesNothing(t *testing.T) {
	for _, step := range []string{"begin", "parents", "file", "repository", "rename"} {
		for _, exists := range []bool{false, true} {
			root := t.TempDir()
			dir := filepath.Join(root, "service")
			var before []string
			if exists {
				mkdir(t, dir, 0o755)
				before = []string{"service"}
			}
			_, err := Write(t.Context(), sampleTree(), Target{Dir: dir, fault: failAt(step, 1)})
			wantError(t, err, "fault")
			wantEntries(t, root, before...)
		}
	}
}

func TestCancellingLeavesNothing(t *testing.T) {
	root := t.TempDir()
	for n := range 8 {
		ctx, cancel := context.WithCancel(t.Context())
		left := n * 20
		_, err := Write(ctx, sampleTree(), Target{Dir: filepath.Join(root, "service"), fault: func(string) error {
			if left--; left < 0 {
				cancel()
			}
			return nil
		}})
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

func TestSomethingThatAppearsMeanwhileIsNotOverwritten(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "service")
	_, err := Write(t.Context(), sampleTree(), Target{Dir: dir, fault: func(step string) error {
		if step == "rename" {
			mkdir(t, dir, 0o755)
			writeFile(t, filepath.Join(dir, "mine"), "x")
		}
		return nil
	}})
	wantError(t, err, "meanwhile")
	wantEntries(t, root, "service")
	wantEntries(t, dir, "mine")
}

func TestPathsCannotLeaveTheProject(t *testing.T) {
	root := t.TempDir()
	_, err := Write(t.Context(), Tree{{Path: "../escape", Data: nil}}, Target{Dir: filepath.Join(root, "service")})
	wantError(t, err, "leads out")
	wantEntries(t, root)
}

func TestOnlyDeadLeftoversAreRemoved(t *testing.T) {
	root := t.TempDir()
	living, err := newStage(root, "living")
	if err != nil {
		t.Fatal(err)
	}
	defer living.remove()
	dead, err := newStage(root, "dead")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dead.dir, "project"), "x")
	dead.lock.Close()
	unmarked := filepath.Join(root, ".just.acton-new-created0")
	mkdir(t, unmarked, 0o700)
	foreign := filepath.Join(root, ".looks.acton-new-similar0")
	mkdir(t, foreign, 0o755)
	writeFile(t, filepath.Join(foreign, "diary"), "x")

	result := mustWrite(t, sampleTree(), Target{Dir: filepath.Join(root, "service")})
	wantAbsent(t, dead.dir)
	wantAbsent(t, unmarked)
	for _, kept := range []string{living.dir, foreign} {
		if _, err := os.Stat(kept); err != nil {
			t.Errorf("must stay: %v", err)
		}
	}
	if len(result.Removed) != 2 {
		t.Errorf("removed: got %v, want two", result.Removed)
	}
	wantEntries(t, foreign, "diary")
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
			t.Errorf("error %q does not have %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error has several lines: %q", err)
	}
}

func wantAbsent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is there: %v", path, err)
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
