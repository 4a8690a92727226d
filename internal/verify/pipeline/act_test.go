package pipeline

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/passed"
	"github.com/acton-go/acton-new/internal/verify/process"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/internal/writer"
)

// TestJobs runs workflows of the smallest service with the scripts in testdata/script. The last output of a step can be
// lost, because act closes its terminal. Scripts therefore match the result of a step. Additional commands:
//
//   - act EVENT WORKFLOW [ACT FLAGS...]: runs a workflow in $PROJECT. After !, a job must fail.
//     The files event.json, secrets and variables in $WORK define the event, the secrets and the variables.
//   - service VERSION: builds and starts the service, sets $URL, and writes the URL to the file variables.
//   - calls: prints the recorded calls of the stubs in order, and deletes them.
func TestJobs(t *testing.T) {
	need(t, "act", "act", "make", "git", "jq", "kubectl", "golangci-lint", "promtool", "amtool", "shellcheck")
	if newHarness(t, "act", "make", "git", "jq", "kubectl", "golangci-lint", "promtool", "amtool", "shellcheck").Check("jobs", smallest(t)).Unchanged(t) {
		return
	}
	shared := newShared(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup:               shared.setup,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"act": shared.act, "service": service, "calls": calls,
		},
	})
}

// smallest returns the project whose workflows run.
func smallest(t *testing.T) generator.Tree {
	t.Helper()
	return projects.Render(t, generator.Answers{Name: "orders", Module: "example.org/shop/orders"})
}

func newHarness(t *testing.T, programs ...string) passed.Harness {
	t.Helper()
	h, err := passed.NewHarness(programs...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// shared holds the project and the stubs that all scripts use.
type shared struct {
	dir   string
	cache string // cache of the go command; act changes HOME
	known map[string]action
}

func newShared(t *testing.T) *shared {
	t.Helper()
	s := &shared{dir: t.TempDir(), known: actions(t)}
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	s.cache = strings.TrimSpace(string(out))
	if _, err := writer.Write(t.Context(), smallest(t), writer.Target{Dir: filepath.Join(s.dir, "origin")}); err != nil {
		t.Fatal(err)
	}
	git(t, filepath.Join(s.dir, "origin"), "tag", "v1.2.3")
	git(t, filepath.Join(s.dir, "origin"), "tag", "v1.2.4")
	writeStubs(t, filepath.Join(s.dir, "actions"), s.known)
	stub, err := filepath.Abs("testdata/stub")
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(s.dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"action", "docker", "cosign", "kubectl", "gh", "sudo", "date"} {
		if err := os.Symlink(stub, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// setup clones the project, so that it has a remote with a branch main.
func (s *shared) setup(env *testscript.Env) error {
	project := filepath.Join(env.WorkDir, "orders")
	if out, err := exec.Command("git", "clone", "--quiet", filepath.Join(s.dir, "origin"), project).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	// act reads owner and name from this URL.
	if out, err := exec.Command("git", "-C", project, "remote", "set-url", "origin", "https://github.com/acme/orders.git").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	env.Setenv("PROJECT", project)
	env.Setenv("CALLS", filepath.Join(env.WorkDir, "calls"))
	env.Setenv("GOCACHE", s.cache)
	env.Setenv("GOLANGCI_LINT_CACHE", filepath.Join(filepath.Dir(s.cache), "golangci-lint"))
	for _, name := range []string{"GOPROXY", "GOTOOLCHAIN", "GOMODCACHE"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		env.Setenv(name, strings.TrimSpace(string(out)))
	}
	env.Setenv("GIT_AUTHOR_NAME", "Ada")
	env.Setenv("GIT_AUTHOR_EMAIL", "ada@example.org")
	env.Setenv("GIT_COMMITTER_NAME", "Ada")
	env.Setenv("GIT_COMMITTER_EMAIL", "ada@example.org")
	env.Setenv("SOURCE", filepath.Join(s.dir, "origin"))
	env.Setenv("STUBS", filepath.Join(s.dir, "bin"))
	env.Setenv("HARNESS", strconv.Itoa(os.Getpid()))
	env.Setenv("ACT_DISABLE_VERSION_CHECK", "1")
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
	env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
	env.Setenv("PATH", filepath.Join(s.dir, "bin")+":"+os.Getenv("PATH"))
	env.Defer(func() { stop(filepath.Join(env.WorkDir, "calls.pid")) })
	return os.MkdirAll(filepath.Join(env.WorkDir, "home"), 0o755)
}

// stop kills the service that the stub of docker compose has started, if any.
func stop(name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		return
	}
	var pid int
	if _, err := fmt.Sscan(string(data), &pid); err != nil {
		return
	}
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Kill()
	}
}

func (s *shared) act(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: act EVENT WORKFLOW [ACT FLAGS...]")
	}
	call := []string{
		args[0], "--workflows", ".github/workflows/" + args[1], "--directory", ts.Getenv("PROJECT"),
		"--platform", "ubuntu-24.04=-self-hosted", "--action-offline-mode", "--concurrent-jobs", "1",
	}
	for name, a := range s.known {
		call = append(call, "--local-repository", name+"@"+a.Commit+"="+filepath.Join(s.dir, "actions", name))
	}
	for flag, file := range map[string]string{"--eventpath": "event.json", "--secret-file": "secrets", "--var-file": "variables"} {
		if name := filepath.Join(ts.Getenv("WORK"), file); exists(name) {
			call = append(call, flag, name)
		}
	}
	err := ts.Exec("act", append(call, args[2:]...)...)
	switch {
	case err == nil && neg:
		ts.Fatalf("act %s: every job passed", strings.Join(args, " "))
	case err != nil && !neg:
		ts.Fatalf("act %s: %v", strings.Join(args, " "), err)
	}
}

func exists(name string) bool { _, err := os.Stat(name); return err == nil }

// service starts a version of the project's service as the target of a deployment.
func service(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: service VERSION")
	}
	ts.Check(ts.Exec("make", "-C", ts.Getenv("PROJECT"), "build", "VERSION="+args[0]))
	port, metrics := freePort(ts), freePort(ts)
	cmd := exec.Command(filepath.Join(ts.Getenv("PROJECT"), "bin", "orders"), "serve")
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = []string{"ORDERS_SERVER__PORT=" + port, "ORDERS_METRICS__PORT=" + metrics}
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ts.Setenv("URL", "http://127.0.0.1:"+port)
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), "variables"),
		[]byte("URL="+ts.Getenv("URL")+"\nKUBECONFIG=server-and-ca\nSMOKE_FLAGS=-watch 1s -timeout 1s\n"), 0o600))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, ts.Getenv("URL")+"/ready", nil)
		ts.Check(err)
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if ctx.Err() != nil {
			ts.Fatalf("the service is not ready after 10 s: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func freePort(ts *testscript.TestScript) string {
	port, err := process.FreePort()
	ts.Check(err)
	return port
}

func calls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: calls")
	}
	data, err := os.ReadFile(ts.Getenv("CALLS"))
	if err != nil && !os.IsNotExist(err) {
		ts.Fatalf("%v", err)
	}
	_, err = ts.Stdout().Write(data)
	ts.Check(err)
	_ = os.Remove(ts.Getenv("CALLS"))
}
