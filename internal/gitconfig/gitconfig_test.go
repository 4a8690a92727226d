package gitconfig

import (
	"errors"
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
		"hasconfig.key":     "hasconfig",
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
	_, work, getenv := workspace(t)
	runGit(t, work, getenv, "init", "--quiet", "--initial-branch=release/two")
	want := list(runGit(t, work, getenv, "config", "--null", "--list"))
	if diff := cmp.Diff(want, list(format(Read(filepath.Join(work, ".git"), getenv)))); diff != "" {
		t.Errorf("settings (-git +got):\n%s", diff)
	}
}

// Includes can depend on the branch and on the remotes of a repository that git init has not created yet.
func TestReadBeforeInitEqualsGitAfterInit(t *testing.T) {
	programs.Need(t)
	home, work, getenv := workspace(t)
	if err := os.RemoveAll(filepath.Join(work, ".git")); err != nil {
		t.Fatal(err)
	}
	text := "[init]\n\tdefaultBranch = release/one\n[remote \"all\"]\n\turl = https://example.com/all.git\n" +
		"[includeIf \"onbranch:release/\"]\n\tpath = onbranch.inc\n"
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	before := Read(filepath.Join(work, ".git"), getenv)
	runGit(t, work, getenv, "init", "--quiet")
	if got, want := before.Get("onbranch.key"), runGit(t, work, getenv, "config", "--get", "onbranch.key"); got+"\n" != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := before.InitialBranch(), runGit(t, work, getenv, "branch", "--show-current"); got+"\n" != want {
		t.Errorf("initial branch: got %q, want %q", got, want)
	}
}

// runGit runs git with exactly the environment that the reader sees.
func runGit(t *testing.T, dir string, getenv func(string) string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for _, name := range variables {
		if value := getenv(name); value != "" || strings.HasPrefix(name, "GIT_CONFIG_VALUE_") {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// variables are the environment variables that the reader uses.
var variables = []string{
	"HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0",
	"GIT_CONFIG_VALUE_0", "GIT_CONFIG_KEY_1", "GIT_CONFIG_VALUE_1", "GIT_CONFIG_KEY_2", "GIT_CONFIG_VALUE_2",
}

// format returns settings in the format of git config --null --list.
func format(s Settings) string {
	var b strings.Builder
	for _, one := range s {
		if b.WriteString(one.Key); !one.bare {
			b.WriteString("\n" + one.Value)
		}
		b.WriteByte(0)
	}
	return b.String()
}

func list(s string) []string { return strings.Split(strings.TrimSuffix(s, "\x00"), "\x00") }

// TestParseEqualsGit compares the syntax of a file with git's.
func TestParseEqualsGit(t *testing.T) {
	programs.Need(t)
	for _, text := range append(syntaxes(t), "\ufeff[a]\n\tk = v\n", "[a]\r\n\tk = v\r\n\tc = a\\\r\n b\r\n", "[a]\n\tk = v", "[a]\n\tk = v\\", "[a]\n\tk", "") {
		name := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var got Settings
		err := parse(text, func(s Setting) { got = append(got, s) })
		out, gitErr := exec.Command("git", "config", "--file", name, "--null", "--list").Output()
		if (err == nil) != (gitErr == nil) {
			t.Errorf("%q: got the error %v, git's is %v", text, err, gitErr)
		}
		var exit *exec.ExitError
		if errors.As(gitErr, &exit) && err != nil {
			line, _, _ := strings.Cut(err.Error(), ":")
			if !strings.Contains(string(exit.Stderr), "bad config "+line+" ") {
				t.Errorf("%q: got the error %v, git's is %s", text, err, exit.Stderr)
			}
		}
		if diff := cmp.Diff(string(out), format(got)); gitErr == nil && diff != "" {
			t.Errorf("%q (-git +got):\n%s", text, diff)
		}
	}
}

// syntaxes returns the files of testdata/syntax.txtar.
func syntaxes(t *testing.T) []string {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/syntax.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, f := range archive.Files {
		texts = append(texts, string(f.Data))
	}
	return texts
}

func TestFilesOfTheEnvironmentEqualGit(t *testing.T) {
	programs.Need(t)
	home, work, getenv := workspace(t)
	runGit(t, work, getenv, "init", "--quiet")
	other := filepath.Join(home, "other.inc")
	for name, env := range map[string]map[string]string{
		"no files of the system":       {"GIT_CONFIG_NOSYSTEM": "yes"},
		"files of the system":          {"GIT_CONFIG_NOSYSTEM": "0"},
		"another file of the user":     {"GIT_CONFIG_GLOBAL": other},
		"another directory":            {"XDG_CONFIG_HOME": filepath.Join(home, "sub")},
		"an include":                   {"GIT_CONFIG_KEY_0": "Include.Path", "GIT_CONFIG_VALUE_0": other},
		"an include below the home":    {"GIT_CONFIG_KEY_0": "include.path", "GIT_CONFIG_VALUE_0": "~/other.inc"},
		"a conditional include":        {"GIT_CONFIG_KEY_0": "includeIf.gitdir:" + filepath.ToSlash(work) + "/.path", "GIT_CONFIG_VALUE_0": other},
		"a condition that is not true": {"GIT_CONFIG_KEY_0": "includeIf.gitdir:/nowhere/.path", "GIT_CONFIG_VALUE_0": other},
	} {
		t.Run(name, func(t *testing.T) {
			changed := func(name string) string {
				if value, ok := env[name]; ok {
					return value
				}
				return getenv(name)
			}
			want := list(runGit(t, work, changed, "config", "--null", "--list"))
			if diff := cmp.Diff(want, list(format(Read(filepath.Join(work, ".git"), changed)))); diff != "" {
				t.Errorf("settings (-git +got):\n%s", diff)
			}
		})
	}
}

// git refuses such files. The settings beside them still count.
func TestReadSkipsIncludesThatGitRefuses(t *testing.T) {
	home := t.TempDir()
	for name, text := range map[string]string{
		".gitconfig": "[user]\n\tname = Ada\n[include]\n\tpath = cycle.inc\n\tpath = deep0.inc\n\tpath = bad.inc\n\tpath = .\n",
		"cycle.inc":  "[cycle]\n\tkey = read\n[include]\n\tpath = .gitconfig\n\tpath = cycle.inc\n\tpath = cycle.inc\n",
		"bad.inc":    "[user]\n\tname = Bad\n\temail = \"bad\n",
	} {
		writeFile(t, filepath.Join(home, name), text)
	}
	for depth := range maxIncludes + 1 {
		writeFile(t, filepath.Join(home, fmt.Sprintf("deep%d.inc", depth)),
			fmt.Sprintf("[deep%d]\n\tkey = read\n[include]\n\tpath = deep%d.inc\n", depth, depth+1))
	}
	git, getenv := filepath.Join(home, "new", ".git"), func(name string) string { return map[string]string{"HOME": home}[name] }
	s := Read(git, getenv)
	for key, want := range map[string]string{
		"user.name": "Ada", "user.email": "", "cycle.key": "read", "deep9.key": "read", "deep10.key": "",
	} {
		if got := s.Get(key); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	if got, want := fmt.Sprint(Check(git, getenv)), filepath.Join(home, "bad.inc")+": line 3: git does not accept it"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBoolEqualsGit(t *testing.T) {
	programs.Need(t)
	for _, value := range []string{"", " =", " = true", " = Yes", " = on", " = 1", " = -1", " = 0", " = no", " = off", " = FALSE"} {
		name := filepath.Join(t.TempDir(), "config")
		writeFile(t, name, "[a]\n\tk"+value+"\n")
		out, err := exec.Command("git", "config", "--file", name, "--type=bool", "--get", "a.k").Output()
		if err != nil {
			t.Fatal(err)
		}
		var s Settings
		if err := parse("[a]\n\tk"+value+"\n", func(one Setting) { s = append(s, one) }); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintln(s.Bool("a.k")); got != string(out) {
			t.Errorf("%q: got %s, git says %s", value, got, out)
		}
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
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
