package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The certificates are reloaded by the listener.
func TestKeyOfTheListenerIsNoSettingsFile(t *testing.T) {
	f := production(t)
	f.set("server.tls.terminated_by_proxy=false", "server.tls.cert_file=tls.crt", "server.tls.key_file="+f.file("tls.key", "key"))
	if got := f.load().Files(); slices.Contains(got, filepath.Join(f.dir, "tls.key")) {
		t.Errorf("got %q", got)
	}
}

func TestReloadObeysTheRulesOfProduction(t *testing.T) {
	f := production(t)
	loaded := f.load()
	f.file("work.yaml", "log: {level: debug}")
	if _, err := loaded.Reload(); err == nil || !strings.Contains(err.Error(), "log.level: refused in production") {
		t.Errorf("got %v, want debug refused", err)
	}
}
