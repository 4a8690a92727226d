//go:build !windows

package e2e

import (
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

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
	failure := p.await("reload failed, the last good state stays in use", "source", "settings")
	if text, _ := failure["error"].(string); !strings.Contains(text, "log.level") || !strings.Contains(text, "production") {
		t.Errorf("got %q, want the rule of production about log.level", text)
	}
	stop(t, p)
}
