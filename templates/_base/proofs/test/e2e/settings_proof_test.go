//go:build !windows

package e2e

import (
	"fmt"
	"net"
	"net/http"
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
	c := newClient(t, "http://"+p.api, nil)
	c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)

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

func setLevel(t *testing.T, file, level string) {
	t.Helper()
	writeFile(t, file, "log:\n  level: "+level+"\n")
}
