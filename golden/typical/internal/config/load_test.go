package config

import (
	"path/filepath"
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
	if got := loaded.Files(); got != nil {
		t.Errorf("files were read: %v", got)
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
	f.environ("ORDERS_SERVER__DRAIN_DELAY=4s")
	step(4*time.Second, "ORDERS_SERVER__DRAIN_DELAY")
	f.set("server.drain_delay=5s", "server.drain_delay=6s")
	step(6*time.Second, "--set")
}

func TestHighestLayerChoosesTheProfile(t *testing.T) {
	f := newFixture(t)
	step := func(want, origin string) {
		t.Helper()
		loaded := f.load()
		if got := loaded.Config.Service.Profile; got != want {
			t.Errorf("profile is %s, want %s", got, want)
		}
		if got := f.origin(loaded.loader, "service.profile"); got != origin {
			t.Errorf("origin is %s, want %s", got, origin)
		}
	}
	f.file("work.yaml", "service: {profile: staging}")
	step("staging", "work.yaml:1")
	f.environ("ORDERS_SERVICE__PROFILE=development")
	step("development", "ORDERS_SERVICE__PROFILE")
	f.sources.Profile = "staging"
	step("staging", "--profile")
}

func TestProfilesAreValid(t *testing.T) {
	for _, profile := range []string{"development", "staging", "production"} {
		f := production(t)
		f.sources.Profile = profile
		f.load()
	}
}

func TestFileThatCannotBeReadIsAnError(t *testing.T) {
	f := newFixture(t)
	f.sources.File = filepath.Join(f.dir, "gone.yaml")
	if got := f.problems(); len(got) != 1 || !strings.HasPrefix(got[0], "gone.yaml: ") {
		t.Errorf("got %q, want an error about gone.yaml", got)
	}

	f = newFixture(t)
	f.sources.Files[0] = f.dir
	if got := f.problems(); len(got) != 1 || !strings.Contains(got[0], "not a regular file") {
		t.Errorf("got %q, want an error about a directory", got)
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
	if got := next.Config.Log.Level; got != "warn" {
		t.Errorf("level is %s, want warn", got)
	}
	if diff := cmp.Diff(loaded.Changed(next), []string{"server.port", "log.level"}); diff != "" {
		t.Error("changed keys: got -, want +\n" + diff)
	}
}

func TestLenientLoadKeepsWhatIsValid(t *testing.T) {
	f := newFixture(t)
	f.file("system.yaml", "server: [")
	f.file("work.yaml", "server:\n  prot: 1\n  port: 8081\n  idle_timeout: soon\n")
	got, err := LoadLenient(f.sources)
	if got.Server.Port != 8081 || got.Server.IdleTimeout != 75*time.Second {
		t.Errorf("got port %d and idle timeout %s, want 8081 and the default 75s", got.Server.Port, got.Server.IdleTimeout)
	}
	if lines := f.lines(err); len(lines) != 3 || !strings.HasPrefix(lines[0], "system.yaml: ") {
		t.Errorf("got %q, want what was ignored", lines)
	}
}

func TestRequestOutlivesWhatItWaitsFor(t *testing.T) {
	f := newFixture(t)
	f.set("health.check_timeout=15s", "server.request_timeout=15s")
	if got := f.problems(); len(got) != 1 || !strings.Contains(got[0], "must be below server.request_timeout, which is 15s") {
		t.Errorf("got %q, want an error that names both keys", got)
	}
}

func TestPrintShowsValuesAndOrigins(t *testing.T) {
	f := newFixture(t)
	f.environ("ORDERS_SERVER__PORT=8081")
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
		"server.port ORDERS_SERVER__PORT 8081",
		"server.drain_delay profiles/development.yaml:6 0s",
		"server.tls.min_version default 1.2",
		"cors.allowed_origins --set [https://a.example.com https://b.example.com]",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
