package config

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProductionStarts(t *testing.T) {
	loaded := production(t).load()
	if !loaded.Config.Production() || loaded.Config.Log.Format != "json" || loaded.Config.Log.Level != slog.LevelInfo {
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
			f.set(test.set)
			got := f.problems()
			if len(got) != 1 || !strings.Contains(got[0], test.want) || !strings.Contains(got[0], test.waiver) {
				t.Fatalf("got %q, want %q and the waiver %q", got, test.want, test.waiver)
			}
			for _, waiver := range waivers() {
				f.set("service.allow_in_production=" + waiver)
				if waived := f.problems() == nil; waived != (waiver == test.waiver) {
					t.Errorf("with the waiver %s: accepted is %t", waiver, waived)
				}
			}
			f.sources.Profile = "staging"
			if got := f.problems(); got != nil {
				t.Errorf("staging refuses it too: %q", got)
			}
		})
	}
}

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

func TestUnknownWaiverIsRefused(t *testing.T) {
	f := newFixture(t)
	f.set("service.allow_in_production=profiling")
	want := `--set: service.allow_in_production: unknown waiver "profiling"; use one of ` + strings.Join(waivers(), ", ") +
		" (environment: BILLING_API_SERVICE__ALLOW_IN_PRODUCTION)"
	if diff := cmp.Diff(f.problems(), []string{want}); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}
