package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/acton-go/acton-new/internal/writer"
)

func TestDefaultBranch(t *testing.T) {
	const remote = "[remote \"origin\"]\n\turl = https://example.com/acme/mono.git\n"
	for name, test := range map[string]struct {
		files map[string]string
		mode  writer.RepositoryMode
		want  string
	}{
		"nothing":              {nil, writer.RepositoryAuto, "main"},
		"init.defaultBranch":   {map[string]string{"home/.gitconfig": "[init]\n\tdefaultBranch = trunk\n"}, writer.RepositoryAuto, "trunk"},
		"clone":                {map[string]string{"orders/.git/HEAD": "ref: refs/heads/release/1\n", "orders/.git/config": remote}, writer.RepositoryAuto, "release/1"},
		"clone without commit": {map[string]string{"orders/.git/HEAD": "ref: refs/heads/trunk\n", "orders/.git/config": remote}, writer.RepositoryNever, "trunk"},
		"clone on a topic": {map[string]string{
			"orders/.git/HEAD": "ref: refs/heads/topic\n", "orders/.git/config": remote, "orders/.git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n",
		}, writer.RepositoryAuto, "trunk"},
		"clone around": {map[string]string{
			".git/HEAD": "ref: refs/heads/topic\n", ".git/config": remote, ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n",
		}, writer.RepositoryAuto, "trunk"},
		"clone around, remote added later": {map[string]string{".git/HEAD": "ref: refs/heads/topic\n", ".git/config": remote}, writer.RepositoryAuto, "main"},
		"repository around":                {map[string]string{".git/HEAD": "ref: refs/heads/trunk\n"}, writer.RepositoryAuto, "trunk"},
		"repository around, on a topic": {map[string]string{
			".git/HEAD": "ref: refs/heads/feature/x\n", ".git/refs/heads/feature/x": "0\n", ".git/refs/heads/main": "0\n",
		}, writer.RepositoryAuto, "main"},
		"repository around, on a topic, with master packed": {map[string]string{
			".git/HEAD": "ref: refs/heads/feature/x\n", ".git/packed-refs": "# pack-refs\n0 refs/heads/feature/x\n0 refs/heads/master\n",
		}, writer.RepositoryAuto, "master"},
		"repository around, on a topic, with init.defaultBranch": {map[string]string{
			"home/.gitconfig": "[init]\n\tdefaultBranch = trunk\n", ".git/HEAD": "ref: refs/heads/feature/x\n",
			".git/refs/heads/main": "0\n", ".git/refs/heads/trunk": "0\n",
		}, writer.RepositoryAuto, "trunk"},
		"repository around, detached": {map[string]string{".git/HEAD": "0123456789012345678901234567890123456789\n"}, writer.RepositoryAuto, "main"},
		"nested repository":           {map[string]string{".git/HEAD": "ref: refs/heads/trunk\n"}, writer.RepositoryAlways, "main"},
		"linked work tree around": {map[string]string{
			".git": "gitdir: mono/.git/worktrees/x\n", "mono/.git/worktrees/x/commondir": "../..\n", "mono/.git/config": remote,
			"mono/.git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n",
		}, writer.RepositoryAuto, "trunk"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range test.files {
				file = filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			env := map[string]string{"HOME": filepath.Join(root, "home"), "GIT_CONFIG_NOSYSTEM": "1"}
			l := location{workDir: root, getenv: func(name string) string { return env[name] }}
			if got, _ := l.defaultBranch(filepath.Join(root, "orders"), test.mode); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestModuleBelowAModule(t *testing.T) {
	for root, want := range map[string]string{
		"acme.com/mono":       "acme.com/mono/services/orders",
		"acme.com/mono/v2":    "acme.com/mono/services/orders", // the major version is no directory
		"acme.com/mono/v2/v3": "acme.com/mono/v2/services/orders",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+root+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		l := location{workDir: dir, getenv: func(string) string { return "" }}
		if got, reason := l.defaultModule("services/orders", "orders"); got != want {
			t.Errorf("below %s: got %s, %s, want %s", root, got, reason, want)
		}
	}
}
