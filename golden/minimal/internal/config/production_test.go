package config

import (
	"log/slog"
	"strings"
	"testing"
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
