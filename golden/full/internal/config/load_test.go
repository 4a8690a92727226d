package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestServiceStartsWithNothingConfigured(t *testing.T) {
	f := newFixture(t)
	loaded := f.load()
	if got := loaded.Config.Service.Profile; got != "development" {
		t.Errorf("profile is %q, want development", got)
	}
	if got := loaded.Config.Server.DrainDelay; got != 0 {
		t.Errorf("development drains for %s, want 0s", got)
	}
	if got := loaded.Files(); len(got) != 0 {
		t.Errorf("files were read: %v", got)
	}
}

func TestZeroSourcesAreEnough(t *testing.T) {
	if _, err := Load(Sources{}); err != nil {
		t.Error(err)
	}
}

// Each step adds a layer above the ones before it, which must win.
func TestHigherLayerWins(t *testing.T) {
	f := newFixture(t)
	step := func(want time.Duration, origin string) {
		t.Helper()
		loaded := f.load()
		if got := loaded.Config.Server.DrainDelay; got != want {
			t.Errorf("drain delay is %s, want %s", got, want)
		}
		if got := f.origin(loaded, "server.drain_delay"); got != origin {
			t.Errorf("origin is %s, want %s", got, origin)
		}
	}

	f.sources.Profile = "staging"
	step(5*time.Second, "default")
	f.sources.Profile = ""
	step(0, "profile development:6:16")
	f.file(systemConfig, "server:\n  drain_delay: 1s\n")
	step(1*time.Second, systemConfig+":2:16")
	f.file(userConfig, "server:\n  drain_delay: 2s\n")
	step(2*time.Second, userConfig+":2:16")
	f.file(workConfig, "\nserver: {drain_delay: 3s}\n")
	step(3*time.Second, workConfig+":2:23")
	f.sources.File = f.file("named.yaml", "server:\n  drain_delay: 4s\n")
	step(4*time.Second, "named.yaml:2:16")
	f.environ("BILLING_API_SERVER__DRAIN_DELAY=6s")
	step(6*time.Second, "BILLING_API_SERVER__DRAIN_DELAY")
	f.sources.Set = []string{"server.drain_delay=7s"}
	step(7*time.Second, "--set")
	f.sources.Set = append(f.sources.Set, "server.drain_delay=8s")
	step(8*time.Second, "--set")
}

func TestAllFilesMerge(t *testing.T) {
	f := newFixture(t)
	f.file(systemConfig, "service:\n  name: system\nserver:\n  port: 1001\n")
	f.file(userConfig, "server:\n  port: 1002\n  bind: 127.0.0.1\n")
	f.file(workConfig, "log:\n  level: warn\n")
	loaded := f.load()

	got := []any{loaded.Config.Service.Name, loaded.Config.Server.Port, loaded.Config.Server.Bind, loaded.Config.Log.Level}
	if diff := cmp.Diff(got, []any{"system", 1002, "127.0.0.1", "warn"}); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
	want := []string{systemConfig, userConfig, workConfig}
	files := strings.ReplaceAll(strings.Join(loaded.Files(), "\n"), f.root+"/", "")
	if diff := cmp.Diff(strings.Split(files, "\n"), want); diff != "" {
		t.Error("files: got -, want +\n" + diff)
	}
}

func TestUserDirectoryFollowsXDG(t *testing.T) {
	for _, test := range []struct {
		rule, xdg, want string
	}{
		{"XDG_CONFIG_HOME wins over HOME", "ROOT/xdg", "xdg"},
		{"a relative XDG_CONFIG_HOME is ignored", "xdg", "home"},
		{"without it, ~/.config", "", "home"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := newFixture(t)
			f.file("xdg/billing-api/config.yaml", "service: {name: xdg}")
			f.file(userConfig, "service: {name: home}")
			f.environ("XDG_CONFIG_HOME=" + strings.Replace(test.xdg, "ROOT", f.root, 1))
			if got := f.load().Config.Service.Name; got != test.want {
				t.Errorf("read from %s, want %s", got, test.want)
			}
		})
	}
}

func TestProfileIsChosenByTheHighestLayer(t *testing.T) {
	f := newFixture(t)
	step := func(want, origin string) {
		t.Helper()
		loaded := f.load()
		if got := loaded.Config.Service.Profile; got != want {
			t.Errorf("profile is %s, want %s", got, want)
		}
		if got := f.origin(loaded, profileKey); got != origin {
			t.Errorf("origin is %s, want %s", got, origin)
		}
	}
	step("development", "default")
	f.file(workConfig, "service: {profile: staging}\nserver: {tls: {terminated_by_proxy: true}}")
	step("staging", workConfig+":1:20")
	f.environ("BILLING_API_SERVICE__PROFILE=production")
	step("production", "BILLING_API_SERVICE__PROFILE")
	f.sources.Profile = "development"
	step("development", "--profile")
}

func TestProfilesAreValid(t *testing.T) {
	if diff := cmp.Diff(profileNames(), []string{"development", "production", "staging"}); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
	for _, name := range profileNames() {
		loaded, err := Load(Sources{Profile: name, Set: []string{"server.tls.terminated_by_proxy=true"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := loaded.settings[profileKey].origin.String(); got != "--profile" {
			t.Errorf("profile %s sets the profile", name)
		}
	}
}

func TestNamedFileMustExist(t *testing.T) {
	f := newFixture(t)
	f.sources.File = filepath.Join(f.root, "gone.yaml")
	want := []string{"gone.yaml: no such file or directory"}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestFileThatCannotBeReadIsAnError(t *testing.T) {
	f := newFixture(t)
	if err := os.MkdirAll(filepath.Join(f.root, workConfig), 0o755); err != nil {
		t.Fatal(err)
	}
	want := []string{workConfig + ": not a regular file"}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestSameFileIsReadOnce(t *testing.T) {
	f := newFixture(t)
	path := f.file(workConfig, "service: {name: once}")
	f.sources.File = path
	if got := f.load().Files(); len(got) != 1 {
		t.Errorf("read %v", got)
	}
}

func TestWhatARequestWaitsForEndsBeforeIt(t *testing.T) {
	f := newFixture(t)
	f.sources.Set = []string{"health.check_timeout=15s", "server.request_timeout=15s"}
	want := []string{"--set: health.check_timeout: 15s must be below server.request_timeout, which is 15s (environment: BILLING_API_HEALTH__CHECK_TIMEOUT)"}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestReloadReadsEverythingAgain(t *testing.T) {
	f := newFixture(t)
	f.file(workConfig, "log: {level: info}")
	loaded := f.load()
	f.file(workConfig, "log: {level: warn}")
	again, err := loaded.Reload()
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Config.Log.Level; got != "warn" {
		t.Errorf("level is %s, want warn", got)
	}
	if got := loaded.Config.Log.Level; got != "info" {
		t.Errorf("the old configuration changed to %s", got)
	}
}

func TestReloadObeysProduction(t *testing.T) {
	f := newFixture(t)
	f.sources.Profile = "production"
	f.file(workConfig, "server: {tls: {terminated_by_proxy: true}}\nlog: {level: info}")
	loaded := f.load()
	f.file(workConfig, "server: {tls: {terminated_by_proxy: true}}\nlog: {level: debug}")
	_, err := loaded.Reload()
	if err == nil || !strings.Contains(err.Error(), "log.level: refused in production") {
		t.Errorf("got %v, want debug refused", err)
	}
}

func TestAVariableOfOtherProgramsIsItsOwnPlace(t *testing.T) {
	schema, err := newSchema(reflect.TypeFor[Config]())
	if err != nil {
		t.Fatal(err)
	}
	got := joinSorted(new(result).locate(schema, errors.New("HTTPS_PROXY: is not a URL"), nil))
	if want := "HTTPS_PROXY: is not a URL"; got == nil || got.Error() != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
