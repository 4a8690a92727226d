package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDatabaseGivesUpBeforeTheRequest(t *testing.T) {
	for _, name := range []string{"connect_timeout", "acquire_timeout", "statement_timeout"} {
		f := newFixture(t)
		f.sources.Set = []string{"server.request_timeout=8s", "database." + name + "=8s"}
		got := f.problems()
		if len(got) != 1 || !strings.Contains(got[0], "database."+name+": 8s must be below server.request_timeout, which is 8s") {
			t.Errorf("%s: got %q, want both keys", name, got)
		}
	}
}

func TestProductionRefusesAnOpenConnectionToTheDatabase(t *testing.T) {
	for _, test := range []struct {
		rule, url, waiver string
	}{
		{"plaintext", "postgres://app@db.example.com/notes?sslmode=disable", "plaintext-database"},
		{"no verification", "postgres://app@db.example.com/notes?sslmode=require", "unverified-database"},
		{"verified", "postgres://app@db.example.com/notes?sslmode=verify-full", ""},
		{"this machine", "postgres://app@127.0.0.1/notes?sslmode=disable", ""},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := production(t)
			f.environ("BILLING_API_DATABASE__URL=" + test.url)
			if test.waiver == "" {
				if got := f.problems(); got != nil {
					t.Errorf("got %q, want it accepted", got)
				}
				return
			}
			got := f.problems()
			if len(got) != 1 || !strings.Contains(got[0], "database.url: refused in production") || !strings.HasSuffix(got[0], "may name "+test.waiver) {
				t.Fatalf("got %q, want a refusal that names %s", got, test.waiver)
			}
			f.sources.Set = append(f.sources.Set, "service.allow_in_production="+test.waiver)
			if got := f.problems(); got != nil {
				t.Errorf("waived: got %q", got)
			}
		})
	}
}

func TestDatabaseIsNeverPrintedWithItsPassword(t *testing.T) {
	f := newFixture(t)
	f.environ("BILLING_API_DATABASE__URL=postgres://app:s3cret@db/notes", "BILLING_API_DATABASE__PASSWORD=s3cret")
	var out strings.Builder
	if err := f.load().Print(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "s3cret") {
		t.Errorf("got\n%s", out.String())
	}
	f = newFixture(t)
	f.file(workConfig, "database: {url: 'postgres://app:s3cret@db/notes'}")
	want := []string{workConfig + ":1:17: database.url: a secret must not be in a settings file; use the environment or database.url_file (environment: BILLING_API_DATABASE__URL)"}
	if diff := cmp.Diff(f.problems(), want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}
