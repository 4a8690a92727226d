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
		{"text for a number", "server:\n  port: http\n", []string{`2: server.port: "http" is not a whole number` + port}},
		{
			"duration without a unit", "server:\n  drain_delay: 5\n",
			[]string{`2: server.drain_delay: "5" is not a duration such as 500ms, 15s or 2m (environment: BILLING_API_SERVER__DRAIN_DELAY)`},
		},
		{"value for a section", "server: 80\n", []string{"1: server must be a section with keys"}},
		{"broken YAML", "log:\n  level: info\n bad\n", []string{" yaml: line 2: did not find expected key"}},
		{"all at once", "server:\n  port: http\n  bnd: x\nlog:\n  level: loud\n", []string{
			`2: server.port: "http" is not a whole number` + port,
			"3: unknown key server.bnd; docs/configuration.md lists all keys",
			`5: log.level: "loud" is not one of debug, info, warn, error (environment: BILLING_API_LOG__LEVEL)`,
		}},
	} {
		t.Run(test.rule, func(t *testing.T) { testWrongFile(t, test.yaml, test.want) })
	}
}

// testWrongFile expects problems that begin with the lines of the file.
func testWrongFile(t *testing.T, yaml string, problems []string) {
	t.Helper()
	f := newFixture(t)
	f.file("work.yaml", yaml)
	want := make([]string, len(problems))
	for i, line := range problems {
		want[i] = "work.yaml:" + line
	}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestUnknownVariablesAreErrors(t *testing.T) {
	for _, test := range []struct {
		rule, entry string
		want        string // empty: ignored
	}{
		{"empty is unset", "BILLING_API_SERVER__PORT=", ""},
		{"unknown key", "BILLING_API_SERVER__PROT=1", "unknown variable; docs/configuration.md lists all variables"},
		{
			"one underscore", "BILLING_API_SERVER_TLS_CERT_FILE=x",
			"unknown variable; two underscores separate the levels of a key: use BILLING_API_SERVER__TLS__CERT_FILE",
		},
		{"service link", "BILLING_API_PORT=tcp://10.0.0.1:80", ""},
		{"service link that looks like a key", "BILLING_API_SERVER_PORT=tcp://10.0.0.1:80", ""},
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
