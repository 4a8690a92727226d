//go:build !windows

package e2e

import (
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// call runs a command, and returns its output and its exit code.
func call(t *testing.T, dir string, set settings, args ...string) (string, int) {
	t.Helper()
	out, err := command(t, dir, set, args...).CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return string(out), 0
	case errors.As(err, &failed):
		return string(out), failed.ExitCode()
	default:
		t.Fatalf("%s: %v", args, err)
		return "", 0
	}
}

func TestHealthcheckFollowsTheService(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, settings{"server.drain_delay": "5m", "server.shutdown_timeout": "6m"})
	_, port, err := net.SplitHostPort(p.api)
	if err != nil {
		t.Fatal(err)
	}
	address := settings{"server.bind": "127.0.0.1", "server.port": port}
	expect := func(want int, args ...string) {
		t.Helper()
		if out, code := call(t, dir, address, args...); code != want {
			t.Errorf("%s: got exit code %d, want %d: %s", args, code, want, out)
		}
	}
	expect(0, "healthcheck")
	expect(0, "healthcheck", "--ready")
	p.signal(syscall.SIGTERM)
	p.await("draining", "", nil)
	expect(0, "healthcheck")
	expect(1, "healthcheck", "--ready")
	_ = p.cmd.Process.Kill()
	p.exit()
	expect(1, "healthcheck")
}

func TestConfigCheckAndPrint(t *testing.T) {
	dir := t.TempDir()
	if out, code := call(t, dir, nil, "config", "check"); code != 0 {
		t.Errorf("check: got %d, want 0: %s", code, out)
	}
	if out, code := call(t, dir, settings{"server.port": "eighty"}, "config", "check"); code != 1 || !strings.Contains(out, "SERVER__PORT") {
		t.Errorf("check: got %d, want 1 and the variable: %s", code, out)
	}
	out, code := call(t, dir, settings{"server.port": "8123"}, "config", "print")
	if code != 0 || !strings.Contains(out, "8123") || !strings.Contains(out, "SERVER__PORT") {
		t.Errorf("print: got %d, want 0, the value and where it was set: %s", code, out)
	}
}

func TestVersionIsThatOfTheLinker(t *testing.T) {
	if out, code := call(t, t.TempDir(), nil, "version"); code != 0 || !strings.Contains(out, buildVersion) {
		t.Errorf("got %d %q, want 0 and %s", code, out, buildVersion)
	}
}

func TestUnknownCommandPointsToHelp(t *testing.T) {
	if out, code := call(t, t.TempDir(), nil, "serv"); code != 2 || !strings.Contains(out, "--help") {
		t.Errorf("got %d %q, want 2 and the way to help", code, out)
	}
}
