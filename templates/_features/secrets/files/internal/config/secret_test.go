package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/httpserver"
	"example.com/acme/sample-service/internal/logging"
	"example.com/acme/sample-service/internal/secret"
)

// vault is a configuration with a secret, and with the sections that the profile development sets.
type vault struct {
	Store struct {
		Password secret.Value `yaml:"password" doc:"Password."`
	} `yaml:"store" doc:"A store."`
	Service Service           `yaml:"service" doc:"The service."`
	Server  httpserver.Config `yaml:"server" doc:"The listener."`
	Log     logging.Config    `yaml:"log" doc:"The log."`
}

func TestSecretComesFromTheEnvironmentOrAFile(t *testing.T) {
	for _, test := range []struct {
		rule   string
		set    func(f *fixture)
		want   string
		origin string
	}{
		{"nowhere", func(*fixture) {}, "", "default"},
		{
			"environment", func(f *fixture) { f.environ("SAMPLE_SERVICE_STORE__PASSWORD=hunter2") },
			"hunter2", "SAMPLE_SERVICE_STORE__PASSWORD",
		},
		{
			"file named by the environment", func(f *fixture) {
				f.environ("SAMPLE_SERVICE_STORE__PASSWORD_FILE=" + f.file("password", "hunter2\n"))
			}, "hunter2", "password",
		},
		{
			"file named by a settings file", func(f *fixture) {
				f.file("work.yaml", "store: {password_file: "+f.file("password", " hunter 2 \r\n")+"}")
			}, " hunter 2 ", "password",
		},
	} {
		t.Run(test.rule, func(t *testing.T) { testSecret(t, test.set, test.want, test.origin) })
	}
}

// testSecret checks the value and the origin of a secret, and that the printed settings mask it.
func testSecret(t *testing.T, set func(f *fixture), want, wantOrigin string) {
	t.Helper()
	f := newFixture(t)
	set(f)
	var got vault
	l := load(&got, f.sources)
	if err := l.err(); err != nil {
		t.Fatal(err)
	}
	if got.Store.Password.Reveal() != want {
		t.Errorf("secret is %q, want %q", got.Store.Password.Reveal(), want)
	}
	if origin := f.origin(l, "store.password"); origin != wantOrigin {
		t.Errorf("origin is %s, want %s", origin, wantOrigin)
	}
	var out strings.Builder
	if err := (&Loaded{loader: l}).Print(&out); err != nil {
		t.Fatal(err)
	}
	if want != "" && (strings.Contains(out.String(), want) || !strings.Contains(out.String(), "[redacted]")) {
		t.Errorf("the secret is not masked:\n%s", out.String())
	}
}

func TestSecretIsRefused(t *testing.T) {
	const variable = " (environment: SAMPLE_SERVICE_STORE__PASSWORD)"
	const fileVariable = " (environment: SAMPLE_SERVICE_STORE__PASSWORD_FILE)"
	for _, test := range []struct {
		rule string
		set  func(f *fixture)
		want string
	}{
		{
			"in a settings file", func(f *fixture) { f.file("work.yaml", "store: {password: hunter2}") },
			"work.yaml:1: store.password: a secret must not be in a settings file; use the environment or store.password_file" + variable,
		},
		{
			"on the command line", func(f *fixture) { f.set("store.password=hunter2") },
			"--set: store.password: a secret on the command line is visible to every user of the machine; use store.password_file" + variable,
		},
		{
			"set twice", func(f *fixture) {
				f.environ("SAMPLE_SERVICE_STORE__PASSWORD=hunter2")
				f.file("work.yaml", "store: {password_file: "+f.file("password", "hunter2")+"}")
			},
			"work.yaml:1: store.password_file: cannot be combined with store.password, set by SAMPLE_SERVICE_STORE__PASSWORD; remove one of them" + fileVariable,
		},
		{
			"in a file that does not exist", func(f *fixture) {
				f.environ("SAMPLE_SERVICE_STORE__PASSWORD_FILE=" + filepath.Join(f.dir, "gone"))
			},
			"SAMPLE_SERVICE_STORE__PASSWORD_FILE: store.password_file: open gone: no such file or directory",
		},
	} {
		t.Run(test.rule, func(t *testing.T) { testRefusedSecret(t, test.set, test.want) })
	}
}

func testRefusedSecret(t *testing.T, set func(f *fixture), want string) {
	t.Helper()
	f := newFixture(t)
	set(f)
	if diff := cmp.Diff(f.lines(load(new(vault), f.sources).err()), []string{want}); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestNewSecretInTheSameFileIsNoChange(t *testing.T) {
	f := newFixture(t)
	f.environ("SAMPLE_SERVICE_STORE__PASSWORD_FILE=" + f.file("password", "first"))
	before := &Loaded{loader: load(new(vault), f.sources)}
	f.file("password", "second")
	after := &Loaded{loader: load(new(vault), f.sources)}
	if got := before.Changed(after); got != nil {
		t.Errorf("changed: %v", got)
	}
	if !slices.Contains(before.Files(), filepath.Join(f.dir, "password")) {
		t.Errorf("the file of the secret is not watched: %q", before.Files())
	}
}
