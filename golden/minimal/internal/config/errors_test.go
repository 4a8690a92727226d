package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrongFileIsRefused(t *testing.T) {
	const port = " (environment: BILLING_API_SERVER__PORT)"
	for _, test := range []struct {
		rule, yaml string
		want       []string
	}{
		{"unknown key", "server:\n  prot: 1\n", []string{"2: unknown key server.prot; docs/configuration.md lists all keys"}},
		{"unknown section", "sever:\n  port: 1\n", []string{"1: unknown key sever; docs/configuration.md lists all keys"}},
		{"key twice", "server:\n  port: 1\n  port: 2\n", []string{"3: server.port: server.port is set twice, first in line 2" + port}},
		{"section twice", "log: {}\nserver:\nlog: {}\n", []string{"3: log is set twice, first in line 1"}},
		{"text for a number", "server:\n  port: http\n", []string{`2: server.port: "http" is not a whole number` + port}},
		{"fraction", "server: {port: 80.5}\n", []string{`1: server.port: "80.5" is not a whole number` + port}},
		{"list for a number", "server: {port: [80]}\n", []string{"1: server.port: must be a whole number" + port}},
		{"section for a number", "server: {port: {a: 1}}\n", []string{"1: server.port: must be a whole number" + port}},
		{"alias", "service: {name: &n x}\nserver: {port: *n}\n", []string{"2: server.port: must be a whole number" + port}},
		{
			"duration without a unit", "server:\n  drain_delay: 5\n",
			[]string{`2: server.drain_delay: "5" is not a duration such as 500ms, 15s or 2m (environment: BILLING_API_SERVER__DRAIN_DELAY)`},
		},
		{
			"list in a list", "cors: {allowed_origins: [[a]]}\n",
			[]string{"1: cors.allowed_origins: must be a list of values (environment: BILLING_API_CORS__ALLOWED_ORIGINS)"},
		},
		{"value for a section", "server: 80\n", []string{"1: server must be a section with keys"}},
		{"list at the top", "- server\n", []string{"1: the document must be a section with keys"}},
		{"broken YAML", "log:\n  level: info\n bad\n", []string{" yaml: line 2: did not find expected key"}},
		{"all at once", "server:\n  port: http\n  bnd: x\nlog:\n  level: loud\n", []string{
			`2: server.port: "http" is not a whole number` + port,
			"3: unknown key server.bnd; docs/configuration.md lists all keys",
			`5: log.level: "loud" is not one of debug, info, warn, error (environment: BILLING_API_LOG__LEVEL)`,
		}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := newFixture(t)
			f.file("work.yaml", test.yaml)
			want := make([]string, len(test.want))
			for i, line := range test.want {
				want[i] = "work.yaml:" + line
			}
			if diff := cmp.Diff(f.problems(), want); diff != "" {
				t.Error("got -, want +\n" + diff)
			}
		})
	}
}

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
	f.environ("BILLING_API_LOG__LEVEL=loud", "BILLING_API_SERVER__DRAIN_DELAY=soon")
	f.set("server.prot=1", "log.format", "server.read_timeout=", "service.allow_in_production=pporf")
	want := []string{
		"--set: unknown key server.prot; docs/configuration.md lists all keys",
		"--set: log.format: must be KEY=VALUE",
		`--set: server.read_timeout: "" is not a duration such as 500ms, 15s or 2m (environment: BILLING_API_SERVER__READ_TIMEOUT)`,
		`--set: service.allow_in_production: unknown waiver "pporf"; use one of ` + strings.Join(waivers(), ", ") +
			" (environment: BILLING_API_SERVICE__ALLOW_IN_PRODUCTION)",
		`system.yaml:1: server.port: "http" is not a whole number (environment: BILLING_API_SERVER__PORT)`,
		`work.yaml:1: service.profile: unknown profile "prodution"; use development, staging or production (environment: BILLING_API_SERVICE__PROFILE)`,
		`BILLING_API_LOG__LEVEL: log.level: "loud" is not one of debug, info, warn, error`,
		`BILLING_API_SERVER__DRAIN_DELAY: server.drain_delay: "soon" is not a duration such as 500ms, 15s or 2m`,
	}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestVariables(t *testing.T) {
	for _, test := range []struct {
		rule, entry string
		want        string // empty: ignored
	}{
		{"empty is unset", "BILLING_API_SERVER__PORT=", ""},
		{"unknown key", "BILLING_API_SERVER__PROT=1", "unknown variable; docs/configuration.md lists all variables"},
		{"lower case", "BILLING_API_server__port=1", "unknown variable; docs/configuration.md lists all variables"},
		{
			"one underscore", "BILLING_API_SERVER_TLS_CERT_FILE=x",
			"unknown variable; two underscores separate the levels of a key: use BILLING_API_SERVER__TLS__CERT_FILE",
		},
		{"one underscore, no such key", "BILLING_API_ANYTHING=x", ""},
		{"variable of another program", "X" + prefix + "SERVER__PORT=x", ""},
		{"service link", "BILLING_API_PORT=tcp://10.0.0.1:80", ""},
		{"host of a service link", "BILLING_API_SERVICE_HOST=10.0.0.1", ""},
		{"service link that looks like a key", "BILLING_API_SERVER_PORT=tcp://10.0.0.1:80", ""},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := newFixture(t)
			f.environ(test.entry)
			var want []string
			if test.want != "" {
				name, _, _ := strings.Cut(test.entry, "=")
				want = []string{name + ": " + test.want}
			}
			if diff := cmp.Diff(f.problems(), want); diff != "" {
				t.Error("got -, want +\n" + diff)
			}
		})
	}
}
