package gitconfig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/acton-go/acton-new/internal/verify/programs"
)

// workspace writes a home directory and a work tree. Both are in the environment that it returns.
func workspace(t *testing.T) (home, work string, getenv func(string) string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile("testdata/workspace.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		name := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(f.Data), "$ROOT", filepath.ToSlash(root))
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	home, work = filepath.Join(root, "home"), filepath.Join(root, "Work", "shop")
	env := map[string]string{
		"HOME": home, "GIT_CONFIG_SYSTEM": filepath.Join(root, "system"), "GIT_CONFIG_COUNT": "2",
		"GIT_CONFIG_KEY_0": "Env.Sub.Key.Name", "GIT_CONFIG_VALUE_0": "from the environment",
		"GIT_CONFIG_KEY_1": "http.proxy", "GIT_CONFIG_VALUE_1": "",
	}
	return home, work, func(name string) string { return env[name] }
}

func TestReadFollowsIncludesAndConditions(t *testing.T) {
	_, work, getenv := workspace(t)
	s := Read(filepath.Join(work, ".git"), getenv)
	for key, want := range map[string]string{
		"system.key":        "system",
		"user.name":         "Work",           // gitdir with a slash at the end, later than ~/.gitconfig's own
		"user.email":        "home@x.example", // stays
		"author.name":       "Author",
		"relative.key":      "relative",
		"anywhere.key":      "anywhere",
		"nocase.key":        "nocase",
		"star.key":          "star",
		"onbranch.key":      "",
		"other.key":         "",
		"broken.key":        "",
		"missing.key":       "",
		"Env.Sub.Key.Name":  "",
		"env.Sub.Key.name":  "from the environment",
		"xdg.key":           "xdg",
		"includes.deep":     "deep",
		"remote.origin.url": "https://example.com/shop.git",
	} {
		if got := s.Get(key); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	if diff := cmp.Diff([]string{"origin", "fork"}, s.Remotes()); diff != "" {
		t.Errorf("remotes (-want +got):\n%s", diff)
	}
	if got := ReadRepository(filepath.Join(work, ".git"), getenv).Get("user.name"); got != "" {
		t.Errorf("the repository alone: got user.name %q, want none", got)
	}
}

func TestReadEqualsGit(t *testing.T) {
	programs.Need(t)
	home, work, getenv := workspace(t)
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = work
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		for _, name := range []string{"GIT_CONFIG_SYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0", "GIT_CONFIG_KEY_1", "GIT_CONFIG_VALUE_1"} {
			cmd.Env = append(cmd.Env, name+"="+getenv(name))
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("init", "--quiet", "--initial-branch=release/two")
	var got strings.Builder
	for _, one := range Read(filepath.Join(work, ".git"), getenv) {
		fmt.Fprintf(&got, "%s\n%s\x00", one.key, one.value)
	}
	want := run("config", "--null", "--list")
	split := func(s string) []string { return strings.Split(strings.TrimSuffix(s, "\x00"), "\x00") }
	if diff := cmp.Diff(split(want), split(got.String())); diff != "" {
		t.Errorf("settings (-git +got):\n%s", diff)
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"/a/**", "/a/b/.git", true},
		{"/a/**", "/a", false},
		{"/a/**/c", "/a/c", true},
		{"/a/**/c", "/a/b/b/c", true},
		{"**/w/**", "/x/y/w/z/.git", true},
		{"**/w/**", "/x/yw/z/.git", false},
		{"release/*", "release/1", true},
		{"release/*", "release/1/2", false},
		{"v[0-9]?", "v1x", true},
		{"v[!0-9]", "v1", false},
		{"a.b", "axb", false},
	} {
		if got := matches(test.pattern, test.text, false); got != test.want {
			t.Errorf("%s, %s: got %t, want %t", test.pattern, test.text, got, test.want)
		}
	}
}

func TestDirOfALinkedWorkTree(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"linked/.git": "gitdir: ../main/.git/worktrees/linked\n", "main/.git/worktrees/linked/commondir": "../..\n", "module/.git": "gitdir: ../main/.git/modules/m\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for dir, want := range map[string]string{"main": "main/.git", "linked": "main/.git", "module": "main/.git/modules/m", "none": "none/.git"} {
		if got := Dir(filepath.Join(root, dir)); got != filepath.Join(root, want) {
			t.Errorf("%s: got %s, want %s", dir, got, want)
		}
	}
}
