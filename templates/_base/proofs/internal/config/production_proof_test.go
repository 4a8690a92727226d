package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProductionChecksPermissions(t *testing.T) {
	for _, test := range []struct {
		mode     os.FileMode
		settings bool // whether a settings file may have the mode
		key      bool
	}{
		{0o600, true, true},
		{0o440, true, true}, // Kubernetes gives this to the group of the pod
		{0o644, true, false},
		{0o660, false, false},
		{0o602, false, false},
	} {
		f := production(t)
		for _, path := range []string{f.file("work.yaml", "log: {level: warn}"), f.file("tls.key", "key")} {
			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.problems(); (got == nil) != test.settings {
			t.Errorf("settings file with mode %04o: %q", test.mode, got)
		}

		f.sources.Files = nil
		f.set("server.tls.terminated_by_proxy=false", "server.tls.cert_file=tls.crt", "server.tls.key_file="+f.dir+"/tls.key")
		if got := f.problems(); (got == nil) != test.key {
			t.Errorf("key file with mode %04o: %q", test.mode, got)
		}
	}
}

// The certificates are reloaded by the listener.
func TestKeyOfTheListenerIsNoSettingsFile(t *testing.T) {
	f := production(t)
	f.set("server.tls.terminated_by_proxy=false", "server.tls.cert_file=tls.crt", "server.tls.key_file="+f.file("tls.key", "key"))
	if got := f.load().Files(); slices.Contains(got, filepath.Join(f.dir, "tls.key")) {
		t.Errorf("got %q", got)
	}
}

func TestUnknownWaiverIsRefused(t *testing.T) {
	f := newFixture(t)
	f.set("service.allow_in_production=profiling")
	want := `--set: service.allow_in_production: unknown waiver "profiling"; use one of ` + strings.Join(waivers(), ", ") +
		" (environment: SAMPLE_SERVICE_SERVICE__ALLOW_IN_PRODUCTION)"
	if diff := cmp.Diff(f.problems(), []string{want}); diff != "" {
		t.Error("got -, want +\n" + diff)
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
