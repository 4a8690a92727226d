//go:build !windows

// Package e2e tests the built binary from outside: over the network, by signals, and by its log and its exit code.
package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/acme/billing-api/test/postgrestest"
)

// patience is the time limit for everything that a test waits for.
const patience = 30 * time.Second

// buildVersion is the version of the binary under test.
const buildVersion = "v1.2.3-e2e"

// workDir is the directory of the binary.
var workDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	workDir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// binary builds the service once, and returns its path.
var binary = sync.OnceValues(func() (string, error) {
	if err := errors.Join(openAll("../../cmd"), openAll("../../internal"), openAll("../../go.mod"), openAll("../../go.sum")); err != nil {
		return "", err
	}
	path := filepath.Join(workDir, "service")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path,
		"-ldflags", "-X github.com/acme/billing-api/internal/buildinfo.version="+buildVersion,
		"github.com/acme/billing-api/cmd/billing-api")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// openAll opens every folder below root, or the file root. The go command caches test results by the files that a test
// opens, so it runs these tests again when the source or a dependency has changed.
func openAll(root string) error {
	file, err := os.Open(root)
	if err != nil {
		return err
	}
	_ = file.Close()
	return filepath.WalkDir(root, func(_ string, _ fs.DirEntry, err error) error { return err })
}

// settings maps keys such as server.port to values.
type settings map[string]string

// process is a running service.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	stderr  bytes.Buffer // read it after the process has ended
	api     string       // addresses
	metrics string
	ended   chan struct{}

	mu  sync.Mutex
	log []map[string]any
}

// command returns a command of the binary in dir. Its environment holds the settings only.
func command(t *testing.T, dir string, set settings, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir}
	for key, value := range set {
		cmd.Env = append(cmd.Env, variable(key)+"="+value)
	}
	return cmd
}

// variable returns the environment variable of a key.
func variable(key string) string {
	name := bytes.ReplaceAll(bytes.ToUpper([]byte(key)), []byte("."), []byte("__"))
	return "BILLING_API_" + string(name)
}

// serve returns the command "serve" in dir. By default the service has its dependencies, listens on free ports, and
// stops without a drain delay.
func serve(t *testing.T, dir string, set settings, args ...string) *exec.Cmd {
	t.Helper()
	all := settings{
		"service.profile": "staging",
		"server.bind":     "127.0.0.1", "server.port": "0", "server.drain_delay": "0s",
		"metrics.bind": "127.0.0.1", "metrics.port": "0",
	}
	all["database.url"] = postgrestest.New(t)
	maps.Copy(all, set)
	return command(t, dir, all, append([]string{"serve"}, args...)...)
}

// run starts the command "serve".
func run(t *testing.T, serve *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: serve, ended: make(chan struct{})}
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		lines := bufio.NewScanner(stdout)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			p.keep(lines.Bytes())
		}
		_ = p.cmd.Wait() // exit checks the code
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			p.show()
		}
	})
	return p
}

// start starts the service and waits until both listeners are open.
func start(t *testing.T, dir string, set settings, args ...string) *process {
	t.Helper()
	return run(t, serve(t, dir, set, args...)).listening()
}

// listening waits until both listeners are open.
func (p *process) listening() *process {
	p.t.Helper()
	for name, address := range map[string]*string{"api": &p.api, "metrics": &p.metrics} {
		line := p.await("listening", "listener", name)
		*address = line["addr"].(string)
	}
	return p
}

// keep stores a line of the log, which must be JSON.
func (p *process) keep(line []byte) {
	entry := make(map[string]any)
	if err := json.Unmarshal(line, &entry); err != nil {
		p.t.Errorf("log line is not JSON: %s", line)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, entry)
}

// entries returns the log lines with a message, and with an attribute unless key is empty.
func (p *process) entries(msg, key string, value any) []map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []map[string]any
	for _, entry := range p.log {
		if entry["msg"] == msg && (key == "" || entry[key] == value) {
			found = append(found, entry)
		}
	}
	return found
}

// await waits for a log line.
func (p *process) await(msg, key string, value any) map[string]any {
	p.t.Helper()
	var found []map[string]any
	eventually(p.t, fmt.Sprintf("log line %q with %s=%v", msg, key, value), func() bool {
		select {
		case <-p.ended:
			p.t.Fatalf("service ended: %v", p.cmd.ProcessState)
		default:
		}
		found = p.entries(msg, key, value)
		return len(found) > 0
	})
	return found[0]
}

// signal sends a signal.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %s: %v", s, err)
	}
}

// exit waits for the end of the process and returns its exit code, or -1 after a signal.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatal("service does not end")
		return 0
	}
}

// show writes the end of the log and the standard error into the output of a failed test.
func (p *process) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, entry := range p.log[max(0, len(p.log)-30):] {
		line, _ := json.Marshal(entry)
		p.t.Logf("%s", line)
	}
	p.t.Logf("standard error: %s", p.stderr.String())
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: did not happen within %s", what, patience)
		}
	}
}
