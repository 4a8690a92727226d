package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryKeyHasAVariable(t *testing.T) {
	loaded, err := Load(Sources{})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range loaded.schema.keys {
		if k.fallback == "" {
			continue // an empty variable is unset
		}
		settings, problems := loaded.schema.readEnvironment([]string{k.variable + "=" + k.fallback})
		if len(problems) > 0 || settings[k.path].origin.name != k.variable {
			t.Errorf("%s does not set %s: %v", k.variable, k.path, joinSorted(problems))
		}
	}
}

func TestKeysWithUnderscoresAreReached(t *testing.T) {
	f := newFixture(t)
	f.environ("BILLING_API_SERVER__TLS__TERMINATED_BY_PROXY=true", "BILLING_API_SERVER__DRAIN_DELAY=1500ms")
	cfg := f.load().Config
	if !cfg.Server.TLS.TerminatedByProxy || cfg.Server.DrainDelay.String() != "1.5s" {
		t.Errorf("not set: %+v", cfg.Server)
	}
}

func TestListsAreSeparatedByCommas(t *testing.T) {
	f := newFixture(t)
	f.environ("BILLING_API_SERVICE__ALLOW_IN_PRODUCTION=pprof, debug-log,,")
	got := f.load().Config.Service.AllowInProduction
	if diff := cmp.Diff(got, []string{"pprof", "debug-log"}); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestVariablesAreJudged(t *testing.T) {
	for _, test := range []struct {
		rule, entry string
		want        string // empty: ignored
	}{
		{"empty is unset", "BILLING_API_SERVER__PORT=", ""},
		{"empty and unknown is unset", "BILLING_API_SERVER__PROT=", ""},
		{"unknown key", "BILLING_API_SERVER__PROT=1", "unknown variable; did you mean BILLING_API_SERVER__PORT?"},
		{"lower case", "BILLING_API_server__port=1", "unknown variable; did you mean BILLING_API_SERVER__PORT?"},
		{"unknown section", "BILLING_API_NOTHING_LIKE_IT__AT_ALL=1", "unknown variable"},
		{"level too deep", "BILLING_API_SERVER__TLS_CERT_FILE=x", "unknown variable; did you mean BILLING_API_SERVER__TLS__CERT_FILE?"},
		{"one underscore", "BILLING_API_SERVER_PORT=8081", "server.port: unknown variable; the levels of a key are separated by two underscores: BILLING_API_SERVER__PORT"},
		{"one underscore for all levels", "BILLING_API_SERVER_TLS_CERT_FILE=x", "server.tls.cert_file: unknown variable; the levels of a key are separated by two underscores: BILLING_API_SERVER__TLS__CERT_FILE"},
		{"one underscore, no such name", "BILLING_API_ANYTHING=x", ""},
		{"another program's", "X" + prefix + "SERVER__PORT=x", ""},
		{"no value at all", "BILLING_API_SERVER__PORT", ""},
		{"service link of the same name", "BILLING_API_PORT=tcp://10.0.0.1:80", ""},
		{"service link with a port", "BILLING_API_PORT_80_TCP_ADDR=10.0.0.1", ""},
		{"service link, host", "BILLING_API_SERVICE_HOST=10.0.0.1", ""},
		{"service link, port", "BILLING_API_SERVICE_PORT_HTTP=80", ""},
		{"link of a service called like a section", "BILLING_API_SERVER_PORT=tcp://10.0.0.1:80", ""},
		{"the same over udp", "BILLING_API_METRICS_PORT=udp://10.0.0.1:80", ""},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := newFixture(t)
			f.environ(test.entry)
			name, _, _ := strings.Cut(test.entry, "=")
			var want []string
			if test.want != "" {
				want = []string{name + ": " + test.want}
			}
			if diff := cmp.Diff(f.problems(), want); diff != "" {
				t.Error("got -, want +\n" + diff)
			}
		})
	}
}
