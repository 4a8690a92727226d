//go:build !windows

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

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
	a := newClient(t, "http://"+p.api, nil).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	if a.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS behind the proxy that encrypts")
	}
	stop(t, p)
}

func TestLogLevelChangesOnSIGHUP(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, nil)
	c := newClient(t, "http://"+p.api, nil)
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
