package config

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/httpserver"
	"example.com/acme/sample-service/internal/logging"
)

// everything has a field of every type that a setting may have.
type everything struct {
	Part struct {
		Text   string        `yaml:"text" default:"a" doc:"D."`
		Switch bool          `yaml:"switch" default:"true" doc:"D."`
		Whole  int           `yaml:"whole" default:"1" doc:"D."`
		Long   int64         `yaml:"long" default:"2" doc:"D."`
		Ratio  float64       `yaml:"ratio" default:"0.5" doc:"D."`
		Delay  time.Duration `yaml:"delay" default:"1s" doc:"D."`
		Texts  []string      `yaml:"texts" default:"a, b" doc:"D."`
		Inner  struct {
			Whole int `yaml:"whole" default:"1" doc:"D."`
		} `yaml:"inner" doc:"D."`
	} `yaml:"part" doc:"A part."`
	Service Service           `yaml:"service" doc:"D."`
	Server  httpserver.Config `yaml:"server" doc:"D."`
	Log     logging.Config    `yaml:"log" doc:"D."`
}

func TestEveryTypeIsReadFromEveryLayer(t *testing.T) {
	f := newFixture(t)
	step := func(want string) {
		t.Helper()
		var got everything
		if err := load(&got, f.sources).err(); err != nil {
			t.Fatal(err)
		}
		p := got.Part
		text := fmt.Sprintf("%q %t %d %d %g %s %q %d", p.Text, p.Switch, p.Whole, p.Long, p.Ratio, p.Delay, p.Texts, p.Inner.Whole)
		if diff := cmp.Diff(text, want); diff != "" {
			t.Error("got -, want +\n" + diff)
		}
	}

	step(`"a" true 1 2 0.5 1s ["a" "b"] 1`)
	f.file("work.yaml", `
part:
  text: 1.20
  switch: false
  whole: 010
  long: 1000
  ratio: 1
  delay: 2m
  texts: [c, "d, e", 1.20]
  inner:
    whole: 3
`)
	step(`"1.20" false 10 1000 1 2m0s ["c" "d, e" "1.20"] 3`)
	f.environ(
		"SAMPLE_SERVICE_PART__TEXT=f g", "SAMPLE_SERVICE_PART__SWITCH=true", "SAMPLE_SERVICE_PART__WHOLE=-3",
		"SAMPLE_SERVICE_PART__LONG=4", "SAMPLE_SERVICE_PART__RATIO=0.25", "SAMPLE_SERVICE_PART__DELAY=3ms",
		"SAMPLE_SERVICE_PART__TEXTS=h, i,,", "SAMPLE_SERVICE_PART__INNER__WHOLE=5",
	)
	step(`"f g" true -3 4 0.25 3ms ["h" "i"] 5`)
	f.set("part.text=", "part.texts=", "part.switch=false")
	step(`"" false -3 4 0.25 3ms [] 5`)
}

func TestTextMayLookLikeAnything(t *testing.T) {
	for content, want := range map[string]string{
		"1.20": "1.20", "true": "true", "2026-01-02": "2026-01-02", "0x10": "0x10", `"null"`: "null", "'a b'": "a b",
	} {
		f := newFixture(t)
		f.file("work.yaml", "service: {name: "+content+"}")
		if got := f.load().Config.Service.Name; got != want {
			t.Errorf("%s was read as %q, want %q", content, got, want)
		}
	}
}

func TestValueOfTheWrongTypeIsRefused(t *testing.T) {
	for variable, text := range map[string]string{
		"SWITCH": "yes", "WHOLE": "0x10", "LONG": "9223372036854775808", "RATIO": "half", "DELAY": "1", "INNER__WHOLE": "b",
	} {
		err := load(new(everything), Sources{Environ: []string{"SAMPLE_SERVICE_PART__" + variable + "=" + text}}).err()
		if err == nil || !strings.HasPrefix(err.Error(), "SAMPLE_SERVICE_PART__"+variable+": part.") {
			t.Errorf("%s=%s: got %v", variable, text, err)
		}
		if variable == "SWITCH" {
			continue
		}
		var got, want everything
		load(&got, Sources{Environ: []string{"SAMPLE_SERVICE_PART__" + variable + "=" + text}})
		load(&want, Sources{})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s=%s: got %+v, want the defaults", variable, text, got)
		}
	}
}

func TestEveryKeyHasAVariable(t *testing.T) {
	keys := keysOf(reflect.TypeFor[Config](), "", nil)
	for _, k := range keys {
		if k.defaultValue == "" {
			continue // an empty variable is unset
		}
		f := newFixture(t)
		f.environ(k.variable + "=" + k.defaultValue)
		if got := f.load().loader.origins[k.path].name; got != k.variable {
			t.Errorf("%s does not set %s: the origin is %s", k.variable, k.path, got)
		}
	}
}

// Production decides on every mode that a file can have.
func TestProductionDecidesOnEveryMode(t *testing.T) {
	config := production(t).load().Config
	for mode := range os.FileMode(0o1000) {
		l := &loader{byPath: map[string]key{}, files: []file{{path: "settings", mode: mode}}}
		l.checkProduction(config)
		if want := mode&0o022 == 0; (l.problems == nil) != want {
			t.Errorf("settings file with mode %04o: accepted is %t, want %t", mode, l.problems == nil, want)
		}
		l = &loader{byPath: map[string]key{}, files: []file{{path: "secret", secret: key{path: "a.b_file"}, mode: mode}}}
		l.checkProduction(config)
		if want := mode&0o026 == 0; (l.problems == nil) != want {
			t.Errorf("secret file with mode %04o: accepted is %t, want %t", mode, l.problems == nil, want)
		}
	}
}

// Kubernetes mounts files through symbolic links, which have all permissions.
func TestPermissionsAreThoseOfTheFileBehindALink(t *testing.T) {
	f := production(t)
	path := f.file("data.yaml", "log: {level: warn}")
	if err := os.Symlink(path, filepath.Join(f.dir, "work.yaml")); err != nil {
		t.Fatal(err)
	}
	if got := f.load().Config.Log.Level; got != slog.LevelWarn {
		t.Errorf("level is %s, want warn", got)
	}
}

// Loading returns a configuration or an error for every input.
func FuzzLoad(f *testing.F) {
	f.Add("server:\n  port: 8080\n", "SAMPLE_SERVICE_SERVER__PORT=8081", "log.level=warn", "development")
	f.Add("part: {text: *a, texts: [1, [2]], inner: {whole: []}}", "SAMPLE_SERVICE_PART__DELAY=1", "part.ratio=.inf", "")
	f.Add("a: &a [*a]\n---\n? {b: c}\n: !!binary x\n", "SAMPLE_SERVICE_PART_TEXT=tcp://", "=", "production")
	f.Add("<<: {part: 1}\npart:\n  <<: *x\n\t", "SAMPLE_SERVICE___=x", "part.secret=x", "staging")
	f.Add("part: &p\n  inner: *p\n", "SAMPLE_SERVICE_", "part", "..")
	f.Fuzz(func(t *testing.T, document, variable, assignment, profile string) {
		if strings.Contains(strings.ToLower(document+variable+assignment), "_file") {
			return // it may name any file of this machine
		}
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		sources := Sources{
			Environ: []string{variable}, Files: []string{path}, Set: []string{assignment}, Profile: profile,
		}
		var got everything
		l := load(&got, sources)
		var out strings.Builder
		if err := (&Loaded{loader: l}).Print(&out); err != nil {
			t.Fatal(err)
		}
		load(new(Config), sources)
	})
}

func TestSettingsFilesAreFound(t *testing.T) {
	for xdg, want := range map[string]string{
		"":      "/home/user/.config/sample-service/config.yaml",
		"local": "/home/user/.config/sample-service/config.yaml", // the XDG specification ignores a relative path
		"/xdg":  "/xdg/sample-service/config.yaml",
	} {
		t.Setenv("HOME", "/home/user")
		t.Setenv("XDG_CONFIG_HOME", xdg)
		got := defaultFiles()
		if diff := cmp.Diff(got, []string{"/etc/sample-service/config.yaml", want, "config.yaml"}); diff != "" {
			t.Errorf("XDG_CONFIG_HOME=%q: got -, want +\n%s", xdg, diff)
		}
	}
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
	f.environ("SAMPLE_SERVICE_SERVICE__PROFILE=development")
	step("development", "SAMPLE_SERVICE_SERVICE__PROFILE")
	f.sources.Profile = "staging"
	step("staging", "--profile")
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

func TestLenientLoadKeepsWhatIsValid(t *testing.T) {
	f := newFixture(t)
	f.file("system.yaml", "server: [")
	f.file("work.yaml", "server:\n  prot: 1\n  port: 8081\n  idle_timeout: soon\n")
	got, ignored, err := LoadLenient(f.sources)
	if err != nil {
		t.Error(err)
	}
	if got.Server.Port != 8081 || got.Server.IdleTimeout != 75*time.Second {
		t.Errorf("got port %d and idle timeout %s, want 8081 and the default 75s", got.Server.Port, got.Server.IdleTimeout)
	}
	if lines := f.lines(ignored); len(lines) != 3 || !strings.HasPrefix(lines[0], "system.yaml: ") {
		t.Errorf("got %q, want what was ignored", lines)
	}
}

func TestLenientLoadRefusesWrongFlags(t *testing.T) {
	f := newFixture(t)
	f.sources.Set, f.sources.File = []string{"server.prot=1"}, filepath.Join(f.dir, "gone.yaml")
	_, _, err := LoadLenient(f.sources)
	if lines := f.lines(err); len(lines) != 2 || !strings.Contains(lines[0], "server.prot") || !strings.HasPrefix(lines[1], "--config: ") {
		t.Errorf("got %q, want errors about both flags", lines)
	}
}

func TestDefaultFileIsReadOnce(t *testing.T) {
	f := newFixture(t)
	f.file("work.yaml", "server:\n  prot: 1\n")
	f.sources.File = f.sources.Files[len(f.sources.Files)-1]
	if got := f.problems(); len(got) != 1 {
		t.Errorf("got %q, want one error", got)
	}
}

func TestRequestOutlivesWhatItWaitsFor(t *testing.T) {
	f := newFixture(t)
	f.set("health.check_timeout=15s", "server.request_timeout=15s")
	if got := f.problems(); len(got) != 1 || !strings.Contains(got[0], "must be below server.request_timeout, which is 15s") {
		t.Errorf("got %q, want an error that names both keys", got)
	}
}

func TestSettingsFilesAreWatchedBeforeTheyExist(t *testing.T) {
	f := newFixture(t)
	if diff := cmp.Diff(f.load().Files(), f.sources.Files); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}
