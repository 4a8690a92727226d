package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEmptySecretFileSettingIsUnset(t *testing.T) {
	testSecret(t, func(f *fixture) {
		f.file("work.yaml", `store: {password: "", password_file: ""}`)
		f.environ("SAMPLE_SERVICE_STORE__PASSWORD=hunter2")
	}, "hunter2", "SAMPLE_SERVICE_STORE__PASSWORD")
}

func TestUnusableSecretIsRefused(t *testing.T) {
	const variable = " (environment: SAMPLE_SERVICE_STORE__PASSWORD)"
	for _, test := range []struct {
		rule string
		set  func(f *fixture)
		want string
	}{
		{
			"of the wrong type", func(f *fixture) { f.file("work.yaml", "store: {password: [hunter2]}") },
			"work.yaml:1: store.password: must be text" + variable,
		},
		{
			"in an empty file", func(f *fixture) {
				f.environ("SAMPLE_SERVICE_STORE__PASSWORD_FILE=" + f.file("password", "\n"))
			},
			"SAMPLE_SERVICE_STORE__PASSWORD_FILE: store.password_file: password is empty",
		},
	} {
		t.Run(test.rule, func(t *testing.T) { testRefusedSecret(t, test.set, test.want) })
	}
}

func TestProductionChecksPermissionsOfSecretFiles(t *testing.T) {
	for mode, accepted := range map[os.FileMode]bool{0o600: true, 0o440: true, 0o644: false, 0o660: false, 0o602: false} {
		f := production(t)
		path := f.file("password", "p")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		l := load(new(vault), Sources{Set: []string{"store.password_file=" + path}})
		l.checkProduction(production(t).load().Config)
		if got := f.lines(l.err()); (got == nil) != accepted {
			t.Errorf("secret file with mode %04o: %q", mode, got)
		}
	}
}

// Loading shows no secret, whatever the other settings are.
func FuzzSecret(f *testing.F) {
	f.Add("server:\n  port: 8080\n", "SAMPLE_SERVICE_SERVER__PORT=8081", "log.level=warn", "development")
	f.Add("store: {password: [1, {a: b}]}", "SAMPLE_SERVICE_STORE_PASSWORD=tcp://", "=", "production")
	f.Add("<<: {store: 1}\nstore:\n  <<: *x\n\t", "SAMPLE_SERVICE___=x", "store.password=x", "staging")
	f.Fuzz(func(t *testing.T, document, variable, assignment, profile string) {
		if strings.Contains(strings.ToLower(document+variable+assignment), "_file") {
			return // it may name any file of this machine
		}
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		var got vault
		l := load(&got, Sources{
			Environ: []string{"SAMPLE_SERVICE_STORE__PASSWORD=correct-horse", variable},
			Files:   []string{path}, Set: []string{assignment}, Profile: profile,
		})
		var out strings.Builder
		if err := (&Loaded{loader: l}).Print(&out); err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(l.err(), out.String(), got); strings.Contains(text, "correct-horse") {
			t.Errorf("the secret is shown: %s", text)
		}
	})
}
