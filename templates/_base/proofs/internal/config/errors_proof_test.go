package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSecondDocumentIsRefused(t *testing.T) {
	f := newFixture(t)
	f.file("work.yaml", "log:\n---\nserver:\n")
	if diff := cmp.Diff(f.problems(), []string{"work.yaml: must hold only one YAML document"}); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestEmptyFileAndEmptySectionAreAllowed(t *testing.T) {
	for _, content := range []string{"", "\n", "# nothing\n", "---\n", "server:\nlog: {}\n", "server:\n  tls:\n  port:\n"} {
		f := newFixture(t)
		f.file("work.yaml", content)
		if got := f.problems(); got != nil {
			t.Errorf("%q: %v", content, got)
		}
	}
}

func TestProblemsOfAllLayersAreReportedTogether(t *testing.T) {
	f := newFixture(t)
	f.file("system.yaml", "server: {port: http}\n")
	f.file("work.yaml", "service: {profile: prodution}\n")
	f.environ("SAMPLE_SERVICE_LOG__LEVEL=loud", "SAMPLE_SERVICE_SERVER__DRAIN_DELAY=soon")
	f.set("server.prot=1", "log.format", "server.idle_timeout=", "service.allow_in_production=pporf")
	want := []string{
		"--set: unknown key server.prot; docs/configuration.md lists all keys",
		"--set: log.format: must be KEY=VALUE",
		`--set: server.idle_timeout: "" is not a duration such as 500ms, 15s or 2m (environment: SAMPLE_SERVICE_SERVER__IDLE_TIMEOUT)`,
		`--set: service.allow_in_production: unknown waiver "pporf"; use one of ` + strings.Join(waivers(), ", ") +
			" (environment: SAMPLE_SERVICE_SERVICE__ALLOW_IN_PRODUCTION)",
		`system.yaml:1: server.port: "http" is not a whole number (environment: SAMPLE_SERVICE_SERVER__PORT)`,
		`work.yaml:1: service.profile: unknown profile "prodution"; use development, staging or production (environment: SAMPLE_SERVICE_SERVICE__PROFILE)`,
		`SAMPLE_SERVICE_LOG__LEVEL: log.level: "loud" is not one of debug, info, warn, error`,
		`SAMPLE_SERVICE_SERVER__DRAIN_DELAY: server.drain_delay: "soon" is not a duration such as 500ms, 15s or 2m`,
	}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestWrongFileOfEveryFormIsRefused(t *testing.T) {
	const port = " (environment: SAMPLE_SERVICE_SERVER__PORT)"
	for _, test := range []struct {
		rule, yaml string
		want       []string
	}{
		{"section twice", "log: {}\nserver:\nlog: {}\n", []string{"3: log is set twice, first in line 1"}},
		{"fraction", "server: {port: 80.5}\n", []string{`1: server.port: "80.5" is not a whole number` + port}},
		{"list for a number", "server: {port: [80]}\n", []string{"1: server.port: must be a whole number" + port}},
		{"section for a number", "server: {port: {a: 1}}\n", []string{"1: server.port: must be a whole number" + port}},
		{"alias", "service: {name: &n x}\nserver: {port: *n}\n", []string{"2: server.port: must be a whole number" + port}},
		{
			"list in a list", "cors: {allowed_origins: [[a]]}\n",
			[]string{"1: cors.allowed_origins: must be a list of values (environment: SAMPLE_SERVICE_CORS__ALLOWED_ORIGINS)"},
		},
		{"list at the top", "- server\n", []string{"1: the document must be a section with keys"}},
	} {
		t.Run(test.rule, func(t *testing.T) { testWrongFile(t, test.yaml, test.want) })
	}
}

func TestVariablesOfEveryForm(t *testing.T) {
	for _, test := range []struct {
		rule, entry string
		want        string // empty: ignored
	}{
		{"lower case", "SAMPLE_SERVICE_server__port=1", "unknown variable; docs/configuration.md lists all variables"},
		{"one underscore, no such key", "SAMPLE_SERVICE_ANYTHING=x", "unknown variable; docs/configuration.md lists all variables"},
		{"variable of another program", "X" + prefix + "SERVER__PORT=x", ""},
		{"host of a service link", "SAMPLE_SERVICE_SERVICE_HOST=10.0.0.1", ""},
	} {
		t.Run(test.rule, func(t *testing.T) { testVariable(t, test.entry, test.want) })
	}
}

func TestUnknownVariablesAreErrors(t *testing.T) {
	for _, test := range []struct {
		rule, entry string
		want        string // empty: ignored
	}{
		{"empty is unset", "SAMPLE_SERVICE_SERVER__PORT=", ""},
		{"unknown key", "SAMPLE_SERVICE_SERVER__PROT=1", "unknown variable; docs/configuration.md lists all variables"},
		{
			"one underscore", "SAMPLE_SERVICE_SERVER_TLS_CERT_FILE=x",
			"unknown variable; two underscores separate the levels of a key: use SAMPLE_SERVICE_SERVER__TLS__CERT_FILE",
		},
		{"no section", "SAMPLE_SERVICE_PROFILE=production", "unknown variable; docs/configuration.md lists all variables"},
		{"no separator", "SAMPLE_SERVICE_LOGLEVEL=debug", "unknown variable; docs/configuration.md lists all variables"},
		{"a port that is no service link", "SAMPLE_SERVICE_HTTP_PORT=8081", "unknown variable; docs/configuration.md lists all variables"},
		{"service link", "SAMPLE_SERVICE_PORT=tcp://10.0.0.1:80", ""},
		{"host of a service", "SAMPLE_SERVICE_SERVICE_HOST=10.0.0.1", ""},
		{"port of a service", "SAMPLE_SERVICE_METRICS_SERVICE_PORT_HTTP_METRICS=9090", ""},
		{"part of a service link", "SAMPLE_SERVICE_METRICS_PORT_9090_TCP_ADDR=10.0.0.1", ""},
		{"service link that looks like a key", "SAMPLE_SERVICE_SERVER_PORT=tcp://10.0.0.1:80", ""},
	} {
		t.Run(test.rule, func(t *testing.T) { testVariable(t, test.entry, test.want) })
	}
}

// testVariable expects a problem of the variable, or that the entry is accepted if problem is empty.
func testVariable(t *testing.T, entry, problem string) {
	t.Helper()
	f := newFixture(t)
	f.environ(entry)
	var want []string
	if problem != "" {
		name, _, _ := strings.Cut(entry, "=")
		want = []string{name + ": " + problem}
	}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestOneProblemIsReportedForEachKey(t *testing.T) {
	f := newFixture(t)
	f.set("cors.allowed_origins=one,two", "cors.max_age=100h")
	if got := f.problems(); len(got) != 2 {
		t.Errorf("got %q, want one problem for each of two keys", got)
	}
}
