//go:build !windows

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const reloadFailed = "reload failed; the previous settings or certificates stay in use; correct the files, and the service reloads them"

func TestAddressThatIsTakenStopsTheStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range []string{"server", "metrics"} {
		p := launch(t, t.TempDir(), settings{section + ".port": port})
		if code := p.exit(); code != 1 {
			t.Errorf("%s: got exit code %d, want 1", section, code)
		}
		failure := p.entries("stopped with an error", "level", "ERROR")
		if len(failure) != 1 || !strings.Contains(failure[0]["error"].(string), section+".port") {
			t.Errorf("%s: got %v, want an error of %s.port", section, failure, section)
		}
		if len(p.entries("listening", "", nil)) > 0 {
			t.Errorf("%s: something was served before the start was complete", section)
		}
	}
}

func TestProductionRefusesDebugOnSIGHUPToo(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	setLevel(t, file, "info")
	p := start(t, dir, settings{"server.tls.terminated_by_proxy": "true"}, "--profile", "production")
	setLevel(t, file, "debug")
	p.signal(syscall.SIGHUP)
	failure := p.await(reloadFailed, "source", "settings")
	if text, _ := failure["error"].(string); !strings.Contains(text, "log.level") || !strings.Contains(text, "production") {
		t.Errorf("got %q, want the rule of production about log.level", text)
	}
	stop(t, p)
}

func TestSettingsReloadOnSIGHUPAndKeepTheLastGoodState(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	setLevel(t, file, "info")
	p := start(t, dir, nil)
	c := newClient(t, "http://"+p.api)
	c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)
	// The server reads the next request of the connection after it has logged the previous one.
	c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)

	setLevel(t, file, "debug")
	p.signal(syscall.SIGHUP)
	p.await("reloaded", "source", "settings")
	if len(p.entries("request", "route", "/health")) > 0 {
		t.Error("a probe that passes was logged at level info")
	}
	c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)
	p.await("request", "route", "/health")

	writeFile(t, file, "log:\n  level: debug\nserver:\n  idle_timeout: 1m\n")
	p.signal(syscall.SIGHUP)
	restart := p.await("changed settings need a restart", "", nil)
	if got := fmt.Sprint(restart["settings"]); got != "[server.idle_timeout]" {
		t.Errorf("got %s, want server.idle_timeout", got)
	}

	setLevel(t, file, "loud")
	p.signal(syscall.SIGHUP)
	p.await(reloadFailed, "source", "settings")
	c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)
	p.await("request", "route", "/ready")
	stop(t, p)
}

// The service looks at its files every ten seconds.
func TestSettingsReloadWithoutASignal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	setLevel(t, file, "info")
	p := start(t, dir, nil)
	setLevel(t, file, "debug")
	p.await("reloaded", "source", "settings")
	stop(t, p)
}

func setLevel(t *testing.T, file, level string) {
	t.Helper()
	writeFile(t, file, "log:\n  level: "+level+"\n")
}

func TestBadSettingsAreReportedTogether(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.yaml"), "log:\n  level: loud\nserver:\n  prot: 8080\n")
	p := launch(t, dir, settings{"server.drain_delay": "20s", "metrics.port": "many", "log.colour": "red"})
	if code := p.exit(); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	got := p.stderr.String()
	for _, want := range []string{
		"config.yaml:4", "server.prot", // unknown, with its line
		"log.level",              // wrong value
		variable("metrics.port"), // wrong type
		variable("log.colour"),   // unknown
		"server.shutdown_timeout",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestProductionNeedsTLS(t *testing.T) {
	p := launch(t, t.TempDir(), settings{"service.profile": "production"})
	if code := p.exit(); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	if got := p.stderr.String(); !strings.Contains(got, "server.tls.cert_file") || !strings.Contains(got, "server.tls.terminated_by_proxy") {
		t.Errorf("got %s, want the two ways out", got)
	}

	p = start(t, t.TempDir(), settings{"service.profile": "production", "server.tls.terminated_by_proxy": "true"})
	a := newClient(t, "http://"+p.api).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	if a.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS behind the proxy that encrypts")
	}
	stop(t, p)
}

func TestLogLevelChangesOnSIGHUP(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, nil)
	c := newClient(t, "http://"+p.api)
	writeFile(t, filepath.Join(dir, "config.yaml"), "log:\n  level: debug\n")
	p.signal(syscall.SIGHUP)
	p.await("reloaded", "source", "settings")
	c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)
	p.await("request", "route", "/health") // level info omits probes that pass
	stop(t, p)
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// launch starts the service and does not wait until it listens.
func launch(t *testing.T, dir string, set settings, args ...string) *process {
	t.Helper()
	return run(t, serve(t, dir, set, args...))
}
