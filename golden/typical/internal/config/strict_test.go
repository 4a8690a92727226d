package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrongFileIsRefusedWithItsPlace(t *testing.T) {
	const port = " (environment: ORDERS_SERVER__PORT)"
	for _, test := range []struct {
		rule, yaml string
		want       []string
	}{
		{"unknown key", "server:\n  prot: 1\n", []string{"2:3: server.prot: unknown key; did you mean server.port?"}},
		{"unknown section", "sever:\n  port: 1\n", []string{"1:1: sever: unknown key; did you mean server?"}},
		{"nothing like it", "zzzzzzzzzzzz: 1\n", []string{"1:1: zzzzzzzzzzzz: unknown key"}},
		{"joined key", "server.port: 1\n", []string{"1:1: server.port: unknown key; write a.b as b, indented below a" + port}},
		{"duplicate key", "server:\n  port: 1\n  port: 2\n", []string{"3:3: server.port: duplicate key, first set in line 2" + port}},
		{"duplicate section", "log: {}\nserver:\nlog: {}\n", []string{"3:1: log: duplicate key, first set in line 1"}},
		{"text for a number", "server:\n  port: http\n", []string{"2:9: server.port: must be a whole number, not text" + port}},
		{"quoted number", "server:\n  port: \"80\"\n", []string{"2:9: server.port: must be a whole number, not text" + port}},
		{"fraction for a whole number", "server: {port: 80.5}\n", []string{"1:16: server.port: must be a whole number, not a number" + port}},
		{"number out of range", "server: {port: 99999999999999999999}\n", []string{"1:16: server.port: must be a whole number, not a number" + port}},
		{"list for a number", "server: {port: [80]}\n", []string{"1:16: server.port: must be a whole number, not a list" + port}},
		{"keys for a number", "server: {port: {a: 1}}\n", []string{"1:16: server.port: must be a whole number, not a group of keys" + port}},
		{"empty value", "server:\n  port:\n", []string{"2:8: server.port: must be a whole number, not empty" + port}},
		{"alias", "service: {name: &n x}\nserver: {port: *n}\n", []string{"2:16: server.port: must be a whole number, not an alias" + port}},
		{
			"duration without a unit", "server:\n  drain_delay: 5\n",
			[]string{`2:16: server.drain_delay: "5" is not a duration such as 500ms, 15s or 2m (environment: ORDERS_SERVER__DRAIN_DELAY)`},
		},
		{
			"text for a boolean", "server: {tls: {terminated_by_proxy: yes please}}\n",
			[]string{"1:37: server.tls.terminated_by_proxy: must be true or false, not text (environment: ORDERS_SERVER__TLS__TERMINATED_BY_PROXY)"},
		},
		{
			"text for a list", "service:\n  allow_in_production: pprof\n",
			[]string{"2:24: service.allow_in_production: must be a list, not text (environment: ORDERS_SERVICE__ALLOW_IN_PRODUCTION)"},
		},
		{
			"list in a list", "service: {allow_in_production: [[pprof]]}\n",
			[]string{"1:33: service.allow_in_production: must be text, not a list (environment: ORDERS_SERVICE__ALLOW_IN_PRODUCTION)"},
		},
		{"value for a section", "server: 80\n", []string{"1:9: server: must be a group of keys, not a number"}},
		{"list at the top", "- server\n", []string{"1:1: must be a group of keys, not a list"}},
		{"text at the top", "server\n", []string{"1:1: must be a group of keys, not text"}},
		{"two documents", "log:\n---\nserver:\n", []string{"2:1: only one document is allowed"}},
		{"key that is no text", "? [a]\n: 1\n", []string{"1:3: a key must be text, not a list"}},
		{"broken YAML", "log:\n  level: info\n bad\n", []string{"2: not valid YAML: did not find expected key"}},
		{"all at once, sorted by place", "server:\n  port: http\n  bnd: x\nlog:\n  lvel: x\nservce: {}\n", []string{
			"2:9: server.port: must be a whole number, not text" + port,
			"3:3: server.bnd: unknown key; did you mean server.bind?",
			"5:3: log.lvel: unknown key; did you mean log.level?",
			"6:1: servce: unknown key; did you mean service?",
		}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := newFixture(t)
			f.file(workConfig, test.yaml)
			want := make([]string, len(test.want))
			for i, line := range test.want {
				want[i] = workConfig + ":" + line
			}
			if diff := cmp.Diff(f.problems(), want); diff != "" {
				t.Error("got -, want +\n" + diff)
			}
		})
	}
}

func TestEmptyFileAndEmptySectionAreAllowed(t *testing.T) {
	for _, content := range []string{"", "\n", "# nothing\n", "---\n", "server:\nlog: {}\n", "server:\n  tls:\n"} {
		f := newFixture(t)
		f.file(workConfig, content)
		if got := f.problems(); got != nil {
			t.Errorf("%q: %v", content, got)
		}
	}
}

func TestTextMayLookLikeAnything(t *testing.T) {
	for content, want := range map[string]string{
		"1.20": "1.20", "true": "true", "2026-01-02": "2026-01-02", "0x10": "0x10", `"null"`: "null", "'a b'": "a b",
	} {
		f := newFixture(t)
		f.file(workConfig, "service: {name: "+content+"}")
		if got := f.load().Config.Service.Name; got != want {
			t.Errorf("%s was read as %q, want %q", content, got, want)
		}
	}
}

func TestProblemsOfAllLayersAreReportedTogether(t *testing.T) {
	f := newFixture(t)
	f.file(systemConfig, "server: {port: http}\n")
	f.file(workConfig, "service: {profile: prodution}\nserver: {port: 70000}\n")
	f.environ("ORDERS_LOG__LEVEL=loud", "ORDERS_SERVER__BNID=x", "ORDERS_SERVER__DRAIN_DELAY=soon")
	f.sources.Set = []string{"server.prot=1", "log.format", "service.allow_in_production=pporf"}
	want := []string{
		systemConfig + ":1:16: server.port: must be a whole number, not text (environment: ORDERS_SERVER__PORT)",
		workConfig + `:1:20: service.profile: unknown profile "prodution"; did you mean production? (there are development, production, staging) (environment: ORDERS_SERVICE__PROFILE)`,
		"ORDERS_LOG__LEVEL: log.level: \"loud\" is none of debug, info, warn and error",
		"ORDERS_SERVER__BNID: unknown variable; did you mean ORDERS_SERVER__BIND?",
		"ORDERS_SERVER__DRAIN_DELAY: server.drain_delay: \"soon\" is not a duration such as 500ms, 15s or 2m",
		"--set: log.format: must be KEY=VALUE",
		"--set: server.prot: unknown key; did you mean server.port?",
		`--set: service.allow_in_production: unknown word "pporf"; did you mean pprof? (environment: ORDERS_SERVICE__ALLOW_IN_PRODUCTION)`,
	}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

// What a section refuses is reported at the place that set the value.
func TestRefusedValueNamesItsOrigin(t *testing.T) {
	const problem = ": server.port: "
	f := newFixture(t)
	step := func(origin string) {
		t.Helper()
		got := f.problems()
		if len(got) != 1 || len(got[0]) < len(origin) || got[0][:len(origin)] != origin {
			t.Errorf("got %q, want it to begin with %q", got, origin)
		}
	}
	f.file(workConfig, "server:\n  port: -1\n")
	step(workConfig + ":2:9" + problem)
	f.environ("ORDERS_SERVER__PORT=-1")
	step("ORDERS_SERVER__PORT" + problem)
	f.sources.Set = []string{"server.port=-1"}
	step("--set" + problem)
}
