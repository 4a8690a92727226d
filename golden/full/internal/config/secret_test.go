package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/billing-api/internal/secret"
)

// vault has what a dependency with a password has.
type vault struct {
	Store struct {
		User     string       `yaml:"user" default:"app" doc:"User."`
		Password secret.Value `yaml:"password" doc:"Password."`
	} `yaml:"store" doc:"A store."`
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
			"environment", func(f *fixture) { f.environ("BILLING_API_STORE__PASSWORD=hunter2") },
			"hunter2", "BILLING_API_STORE__PASSWORD",
		},
		{
			"file named by the environment", func(f *fixture) {
				f.environ("BILLING_API_STORE__PASSWORD_FILE=" + f.file("password", "hunter2\n"))
			}, "hunter2", "password",
		},
		{
			"file named by a file", func(f *fixture) {
				f.file(workConfig, "store: {password_file: "+f.file("password", "hunter2")+"}")
			}, "hunter2", "password",
		},
		{
			"file named by a flag", func(f *fixture) {
				f.sources.Set = []string{"store.password_file=" + f.file("password", "hunter2\r\n")}
			}, "hunter2", "password",
		},
		{
			"only one newline is trimmed, spaces stay", func(f *fixture) {
				f.sources.Set = []string{"store.password_file=" + f.file("password", " hunter 2 \n\n")}
			}, " hunter 2 \n", "password",
		},
		{
			"empty password_file is unset", func(f *fixture) {
				f.file(workConfig, `store: {password: "", password_file: ""}`)
				f.environ("BILLING_API_STORE__PASSWORD=hunter2")
			}, "hunter2", "BILLING_API_STORE__PASSWORD",
		},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := newFixture(t)
			test.set(f)
			got, r, err := loadStruct[vault](t, f.sources)
			if err != nil {
				t.Fatal(err)
			}
			if got.Store.Password.Reveal() != test.want {
				t.Errorf("secret is %q, want %q", got.Store.Password.Reveal(), test.want)
			}
			origin := strings.ReplaceAll(r.settings["store.password"].origin.String(), f.root+"/", "")
			if origin != test.origin {
				t.Errorf("origin is %s, want %s", origin, test.origin)
			}
		})
	}
}

func TestSecretIsRefused(t *testing.T) {
	const variable = " (environment: BILLING_API_STORE__PASSWORD)"
	const fileVariable = " (environment: BILLING_API_STORE__PASSWORD_FILE)"
	for _, test := range []struct {
		rule string
		set  func(f *fixture)
		want string
	}{
		{
			"in a settings file", func(f *fixture) { f.file(workConfig, "store: {password: hunter2}") },
			workConfig + ":1:19: store.password: a secret must not be in a settings file; use the environment or store.password_file" + variable,
		},
		{
			"on the command line", func(f *fixture) { f.sources.Set = []string{"store.password=hunter2"} },
			"--set: store.password: a secret must not be on the command line, which every user of the machine can read; use store.password_file" + variable,
		},
		{
			"of the wrong type", func(f *fixture) { f.file(workConfig, "store: {password: [hunter2]}") },
			workConfig + ":1:19: store.password: must be text, not a list" + variable,
		},
		{
			"set twice", func(f *fixture) {
				f.environ("BILLING_API_STORE__PASSWORD=hunter2")
				f.file(workConfig, "store: {password_file: "+f.file("password", "hunter2")+"}")
			},
			workConfig + ":1:24: store.password_file: excludes store.password, which is set too (BILLING_API_STORE__PASSWORD)" + fileVariable,
		},
		{
			"in a file that is not there", func(f *fixture) {
				f.environ("BILLING_API_STORE__PASSWORD_FILE=" + filepath.Join(f.root, "gone"))
			},
			"BILLING_API_STORE__PASSWORD_FILE: store.password_file: gone: no such file or directory",
		},
		{
			"in an empty file", func(f *fixture) {
				f.environ("BILLING_API_STORE__PASSWORD_FILE=" + f.file("password", "\n"))
			},
			"BILLING_API_STORE__PASSWORD_FILE: store.password_file: password: is empty",
		},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := newFixture(t)
			test.set(f)
			_, _, err := loadStruct[vault](t, f.sources)
			got := f.lines(err)
			if diff := cmp.Diff(got, []string{test.want}); diff != "" {
				t.Error("got -, want +\n" + diff)
			}
			if strings.Contains(strings.Join(got, ""), "hunter2") {
				t.Error("the error shows the secret")
			}
		})
	}
}

func TestSecretFileIsReadAgainAndWatched(t *testing.T) {
	f := newFixture(t)
	path := f.file("password", "first\n")
	f.environ("BILLING_API_STORE__PASSWORD_FILE=" + path)
	for _, want := range []string{"first", "second"} {
		f.file("password", want+"\n")
		got, r, err := loadStruct[vault](t, f.sources)
		if err != nil {
			t.Fatal(err)
		}
		if got.Store.Password.Reveal() != want {
			t.Errorf("secret is %q, want %q", got.Store.Password.Reveal(), want)
		}
		if files := (&Loaded{files: r.files}).Files(); len(files) != 1 || files[0] != path {
			t.Errorf("files are %v, want %s", files, path)
		}
	}
}

func TestPrintMasksSecrets(t *testing.T) {
	f := newFixture(t)
	f.environ("BILLING_API_STORE__PASSWORD_FILE=" + f.file("password", "hunter2"))
	_, r, err := loadStruct[vault](t, f.sources)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := (&Loaded{schema: schemaOf[vault](t), settings: r.settings, files: r.files}).Print(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "hunter2") || !strings.Contains(b.String(), `password: "[redacted]"`) {
		t.Errorf("not masked:\n%s", &b)
	}
}

func TestSecretFilePermissions(t *testing.T) {
	for _, test := range []struct {
		mode os.FileMode
		ok   bool
	}{
		{0o400, true},
		{0o600, true},
		{0o440, true}, // what Kubernetes gives to the group of the pod
		{0o640, true},
		{0o644, false},
		{0o660, false},
		{0o602, false},
	} {
		f := newFixture(t)
		path := f.file("password", "hunter2")
		if err := os.Chmod(path, test.mode); err != nil {
			t.Fatal(err)
		}
		f.environ("BILLING_API_STORE__PASSWORD_FILE=" + path)
		_, r, err := loadStruct[vault](t, f.sources)
		if err != nil {
			t.Fatal(err)
		}
		got := r.openFiles(schemaOf[vault](t), Config{})
		if (len(got) == 0) != test.ok {
			t.Errorf("mode %04o: %v, want accepted: %t", test.mode, joinSorted(got), test.ok)
		}
	}
}
