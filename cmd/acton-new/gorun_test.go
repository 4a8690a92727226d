package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/acton-go/acton-new/internal/verify/programs"
)

const modulePath = "github.com/acton-go/acton-new"

// TestGoRunFromModuleZip publishes the module to a directory and runs it from there, without a checkout or a network.
// It fails if the module zip lacks a file, for example one that git ignores or one below a folder named vendor.
func TestGoRunFromModuleZip(t *testing.T) {
	programs.Need(t)
	if testing.Short() {
		t.Skip("builds everything from a module zip")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	// Work on a copy, so that changes to the checkout during the test have no effect.
	checkout := t.TempDir()
	if err := walkFiles(os.DirFS(root), func(path string, data []byte) {
		if !strings.HasPrefix(path, ".git/") {
			write(t, filepath.Join(checkout, path), data)
		}
	}); err != nil {
		t.Fatal(err)
	}
	proxy := publish(t, root, checkout)
	work := t.TempDir()
	env := append(os.Environ(),
		"HOME="+filepath.Join(work, "home"), "GIT_CONFIG_NOSYSTEM=1",
		// The module cache is empty, so that the test does not use the module of an earlier run. The build cache is
		// shared: -trimpath makes the built packages independent of this directory.
		"GOMODCACHE="+filepath.Join(work, "modules"), "GOCACHE="+goEnv(t, "GOCACHE"), "GOENV=off", "GOWORK=off", "GOTOOLCHAIN=local",
		"GOPROXY=file://"+filepath.ToSlash(proxy)+",file://"+filepath.ToSlash(goEnv(t, "GOMODCACHE"))+"/cache/download",
		"GOSUMDB=off", "GOFLAGS=-modcacherw -trimpath",
	)
	goCommand := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	published, local := filepath.Join(work, "published"), filepath.Join(work, "local")
	for _, dir := range []string{published, local} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	goCommand(published, "run", modulePath+"/cmd/acton-new@"+testVersion, "orders", "--yes", "--module", "acme.com/orders")

	binary := filepath.Join(work, "acton-new")
	goCommand(checkout, "build", "-ldflags", "-X main.version="+testVersion, "-o", binary, "./cmd/acton-new")
	cmd := exec.Command(binary, "orders", "--yes", "--module", "acme.com/orders")
	cmd.Dir, cmd.Env = local, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff(files(t, filepath.Join(local, "orders")), files(t, filepath.Join(published, "orders"))); diff != "" {
		t.Errorf("projects differ (-local +published):\n%s", diff)
	}
}

// publish packs the files of the copy that git does not ignore, and returns the directory to use as GOPROXY.
func publish(t *testing.T, root, checkout string) string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v; run this test in a checkout", err)
	}
	clean := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(checkout, name))
		if os.IsNotExist(err) {
			continue // deleted, but not yet in git
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(clean, name), data)
	}

	var packed bytes.Buffer
	version := module.Version{Path: modulePath, Version: testVersion}
	if err := zip.CreateFromDir(&packed, version, clean); err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(map[string]string{"Version": testVersion, "Time": "2026-01-01T00:00:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(clean, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	proxy := t.TempDir()
	at := filepath.Join(proxy, filepath.FromSlash(modulePath), "@v")
	write(t, filepath.Join(at, "list"), []byte(testVersion+"\n"))
	write(t, filepath.Join(at, testVersion+".info"), info)
	write(t, filepath.Join(at, testVersion+".mod"), mod)
	write(t, filepath.Join(at, testVersion+".zip"), packed.Bytes())
	return proxy
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
