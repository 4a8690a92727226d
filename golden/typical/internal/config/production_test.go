package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// production returns sources that production accepts.
func production(t *testing.T) *fixture {
	f := newFixture(t)
	f.sources.Profile = "production"
	f.sources.Set = []string{"server.tls.terminated_by_proxy=true"}
	return f
}

func TestProductionStarts(t *testing.T) {
	loaded := production(t).load()
	if !loaded.Config.Production() || loaded.Config.Log.Format != "json" || loaded.Config.Log.Level != "info" {
		t.Errorf("not the profile of production: %+v", loaded.Config)
	}
}

func TestProductionRefuses(t *testing.T) {
	for _, test := range []struct {
		rule, set, waiver string
		want              string
	}{
		{"an empty name", "service.name=", "", "service.name: refused in production: must not be empty"},
		{"profiles", "metrics.pprof=true", "pprof", "metrics.pprof: refused in production"},
		{"debug logs", "log.level=debug", "debug-log", "log.level: refused in production"},
		{"logs for people", "log.format=text", "text-log", "log.format: refused in production"},
		{"any origin", "cors.allowed_origins=*", "permissive-cors", "cors.allowed_origins: refused in production"},
		{"any header", "cors.allowed_headers=*", "permissive-cors", "cors.allowed_headers: refused in production"},
		{"plaintext", "server.tls.terminated_by_proxy=false", "", "server.tls.cert_file: refused in production"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := production(t)
			f.sources.Set = append(f.sources.Set, test.set)
			got := f.problems()
			if len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Fatalf("got %q, want %q", got, test.want)
			}
			for _, word := range sorted(waivers()) {
				f.sources.Set = append(f.sources.Set, "service.allow_in_production="+word)
				waived := f.problems() == nil
				if waived != (word == test.waiver) {
					t.Errorf("with the waiver %s: accepted is %t", word, waived)
				}
			}
			f.sources.Profile = "staging"
			if got := f.problems(); got != nil {
				t.Errorf("staging refuses it too: %q", got)
			}
		})
	}
}

func TestProductionReportsEverythingTogether(t *testing.T) {
	f := production(t)
	f.file(workConfig, "log:\n  level: debug\n")
	f.environ("ORDERS_METRICS__PPROF=true")
	f.sources.Set = []string{"service.name="}
	want := []string{
		"default: server.tls.cert_file: refused in production: needs a certificate, or server.tls.terminated_by_proxy (environment: ORDERS_SERVER__TLS__CERT_FILE)",
		workConfig + ":2:10: log.level: refused in production: debug shows what passes through the service; service.allow_in_production may name debug-log (environment: ORDERS_LOG__LEVEL)",
		"ORDERS_METRICS__PPROF: metrics.pprof: refused in production: profiles show memory and slow the service down; service.allow_in_production may name pprof",
		"--set: service.name: refused in production: must not be empty (environment: ORDERS_SERVICE__NAME)",
	}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestUnknownWaiverIsRefusedInEveryProfile(t *testing.T) {
	for _, profile := range profileNames() {
		f := production(t)
		f.sources.Profile = profile
		f.sources.Set = append(f.sources.Set, "service.allow_in_production=profiling")
		got := f.problems()
		if len(got) != 1 || !strings.Contains(got[0], `unknown word "profiling"`) {
			t.Errorf("%s: %q", profile, got)
		}
	}
}

func TestProductionRefusesOpenSettingsFiles(t *testing.T) {
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o644: true, 0o444: true, 0o664: false, 0o646: false, 0o666: false} {
		f := production(t)
		path := f.file(systemConfig, "log: {level: warn}")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		var want []string
		if !ok {
			want = []string{systemConfig + ": refused in production: group or others may write it (mode " +
				modeText(mode) + ", allowed " + modeText(mode&^0o022) + ")"}
		}
		if diff := cmp.Diff(f.problems(), want); diff != "" {
			t.Error("got -, want +\n" + diff)
		}
		f.sources.Profile = "development"
		if got := f.problems(); got != nil {
			t.Errorf("development refuses mode %04o: %q", mode, got)
		}
	}
}

// Kubernetes mounts files through symbolic links, which have all permissions.
func TestPermissionsAreThoseOfTheFileBehindALink(t *testing.T) {
	f := production(t)
	path := f.file("etc/orders/..data/config.yaml", "log: {level: warn}")
	if err := os.Symlink(path, filepath.Join(f.root, systemConfig)); err != nil {
		t.Fatal(err)
	}
	if got := f.load().Config.Log.Level; got != "warn" {
		t.Errorf("level is %s, want warn", got)
	}
}

func TestProductionRefusesAnOpenPrivateKey(t *testing.T) {
	for mode, ok := range map[os.FileMode]bool{0o400: true, 0o600: true, 0o440: true, 0o640: true, 0o644: false, 0o660: false} {
		f := production(t)
		key := f.file("tls.key", "key")
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		f.sources.Set = []string{"server.tls.cert_file=" + f.file("tls.crt", "certificate"), "server.tls.key_file=" + key}
		var want []string
		if !ok {
			want = []string{"--set: server.tls.key_file: refused in production: tls.key may be read by others or written by the group (mode " +
				modeText(mode) + ", allowed " + modeText(mode&^0o026) + ") (environment: ORDERS_SERVER__TLS__KEY_FILE)"}
		}
		if diff := cmp.Diff(f.problems(), want); diff != "" {
			t.Error("got -, want +\n" + diff)
		}
	}
}

func modeText(mode os.FileMode) string { return fmt.Sprintf("%04o", mode.Perm()) }
