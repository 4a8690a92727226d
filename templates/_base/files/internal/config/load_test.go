package config

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestServiceStartsWithoutSettings(t *testing.T) {
	loaded := newFixture(t).load()
	if got := loaded.Config.Service.Profile; got != "development" {
		t.Errorf("profile is %q, want development", got)
	}
}

// Each step adds a layer above the previous ones.
func TestHigherLayerWins(t *testing.T) {
	f := newFixture(t)
	step := func(want time.Duration, origin string) {
		t.Helper()
		loaded := f.load()
		if got := loaded.Config.Server.DrainDelay; got != want {
			t.Errorf("drain delay is %s, want %s", got, want)
		}
		if got := f.origin(loaded.loader, "server.drain_delay"); got != origin {
			t.Errorf("origin is %s, want %s", got, origin)
		}
	}

	f.sources.Profile = "staging"
	step(5*time.Second, "default")
	f.sources.Profile = ""
	step(0, "profiles/development.yaml:6")
	f.file("system.yaml", "server:\n  drain_delay: 1s\n")
	step(1*time.Second, "system.yaml:2")
	f.file("work.yaml", "\nserver: {drain_delay: 2s}\n")
	step(2*time.Second, "work.yaml:2")
	f.sources.File = f.file("named.yaml", "server.drain_delay: 3s\n")
	step(3*time.Second, "named.yaml:1")
	f.environ("SAMPLE_SERVICE_SERVER__DRAIN_DELAY=4s")
	step(4*time.Second, "SAMPLE_SERVICE_SERVER__DRAIN_DELAY")
	f.set("server.drain_delay=5s", "server.drain_delay=6s")
	step(6*time.Second, "--set")
}

func TestProfilesAreValid(t *testing.T) {
	for _, profile := range []string{"development", "staging", "production"} {
		f := production(t)
		f.sources.Profile = profile
		f.load()
	}
}

func TestReloadReadsTheFilesAgain(t *testing.T) {
	f := newFixture(t)
	f.file("work.yaml", "log: {level: info}")
	loaded := f.load()
	f.file("work.yaml", "log: {level: warn}\nserver: {port: 8081}")
	next, err := loaded.Reload()
	if err != nil {
		t.Fatal(err)
	}
	if got := next.Config.Log.Level; got != slog.LevelWarn {
		t.Errorf("level is %s, want warn", got)
	}
	if diff := cmp.Diff(loaded.Changed(next), []string{"server.port", "log.level"}); diff != "" {
		t.Error("changed keys: got -, want +\n" + diff)
	}
}

func TestPrintShowsValuesAndOrigins(t *testing.T) {
	f := newFixture(t)
	f.environ("SAMPLE_SERVICE_SERVER__PORT=8081")
	f.set("cors.allowed_origins=https://a.example.com,https://b.example.com")
	var out strings.Builder
	if err := f.load().Print(&out); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range []string{
		"server.port SAMPLE_SERVICE_SERVER__PORT 8081",
		"server.drain_delay profiles/development.yaml:6 0s",
		"server.tls.min_version default 1.2",
		"cors.allowed_origins --set [https://a.example.com https://b.example.com]",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestWrongFileIsRefused(t *testing.T) {
	const port = " (environment: SAMPLE_SERVICE_SERVER__PORT)"
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
			[]string{`2: server.drain_delay: "5" is not a duration such as 500ms, 15s or 2m (environment: SAMPLE_SERVICE_SERVER__DRAIN_DELAY)`},
		},
		{"value for a section", "server: 80\n", []string{"1: server must be a section with keys"}},
		{"broken YAML", "log:\n  level: info\n bad\n", []string{" yaml: line 2: did not find expected key"}},
		{"all at once", "server:\n  port: http\n  bnd: x\nlog:\n  level: loud\n", []string{
			`2: server.port: "http" is not a whole number` + port,
			"3: unknown key server.bnd; docs/configuration.md lists all keys",
			`5: log.level: "loud" is not one of debug, info, warn, error (environment: SAMPLE_SERVICE_LOG__LEVEL)`,
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
