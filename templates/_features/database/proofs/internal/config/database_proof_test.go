package config

import (
	"strings"
	"testing"
)

func TestRequestOutlivesTheDatabase(t *testing.T) {
	for _, name := range []string{"connect_timeout", "acquire_timeout", "statement_timeout"} {
		f := newFixture(t)
		f.set("server.request_timeout=8s", "database."+name+"=8s")
		got := f.problems()
		if len(got) != 1 || !strings.Contains(got[0], "database."+name+": must be below server.request_timeout, which is 8s") {
			t.Errorf("%s: got %q, want an error that names both keys", name, got)
		}
	}
}

func TestSettingsFileMustNotHoldTheURL(t *testing.T) {
	f := newFixture(t)
	f.file("work.yaml", "database: {url: 'postgres://app:s3cret@db/notes'}")
	got := f.problems()
	if len(got) != 1 || !strings.Contains(got[0], "database.url: a secret must not be in a settings file") || strings.Contains(got[0], "s3cret") {
		t.Errorf("got %q, want a refusal without the password", got)
	}
}
