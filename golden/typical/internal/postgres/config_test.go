package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"git.example.org/shop/orders/v2/internal/postgres"
	"git.example.org/shop/orders/v2/internal/secret"
)

const remote = "postgres://app@db.example.com/notes"

func TestSettingsAreChecked(t *testing.T) {
	for _, c := range []struct {
		rule string
		set  func(*postgres.Config)
		want string // empty: accepted
	}{
		{"the defaults", func(*postgres.Config) {}, ""},
		{"a URL", func(c *postgres.Config) { c.URL = secret.New(remote) }, ""},
		{"a server behind a pooler", func(c *postgres.Config) { c.Pooler, c.DirectURL = "transaction", secret.New(remote) }, ""},
		{"a role for migrations", func(c *postgres.Config) { c.DirectURL = secret.New(remote) }, ""},
		{"another kind of server", func(c *postgres.Config) { c.URL = secret.New("mysql://app@db/notes") }, "url"},
		{"a broken URL", func(c *postgres.Config) { c.URL = secret.New("postgres://app:s3cret@db:port/notes") }, "url"},
		{"a pool size in the URL", func(c *postgres.Config) { c.URL = secret.New(remote + "?pool_max_conns=4") }, "url"},
		{"a broken direct URL", func(c *postgres.Config) { c.Pooler, c.DirectURL = "transaction", secret.New("db") }, "direct_url"},
		{"an unknown pooler", func(c *postgres.Config) { c.Pooler = "statement" }, "pooler"},
		{"no connection", func(c *postgres.Config) { c.MaxConnections = 0 }, "max_connections"},
		{"more idle than there are", func(c *postgres.Config) { c.MinIdleConnections = c.MaxConnections + 1 }, "min_idle_connections"},
		{"no time to connect", func(c *postgres.Config) { c.ConnectTimeout = 0 }, "connect_timeout"},
		{"no time for a statement", func(c *postgres.Config) { c.StatementTimeout = 0 }, "statement_timeout"},
	} {
		t.Run(c.rule, func(t *testing.T) { testSettings(t, c.set, c.want) })
	}
}

// testSettings expects an error for the key want, or none if want is empty. The error must not show the password.
func testSettings(t *testing.T, set func(*postgres.Config), want string) {
	t.Helper()
	cfg := defaults(t)
	set(&cfg)
	errs := cfg.Validate()
	if want == "" && errs != nil || want != "" && (len(errs) == 0 || errs[0].Key != want) {
		t.Errorf("got %v, want an error of %q", errs, want)
	}
	if strings.Contains(fmt.Sprint(errs), "s3cret") {
		t.Errorf("the error shows the password: %v", errs)
	}
}

func TestEncryptionOfAConnectionIsKnown(t *testing.T) {
	for _, c := range []struct {
		url                   string
		plaintext, unverified bool
	}{
		{"", false, false}, // this machine
		{"postgres://app@localhost/notes", false, false},
		{"postgres://app@/notes?host=/run/postgresql", false, false},
		{remote, true, true}, // prefer: tries without a certificate, then without encryption
		{remote + "?sslmode=disable", true, false},
		{remote + "?sslmode=require", false, true},
		{remote + "?sslmode=verify-full", false, false},
	} {
		t.Run(c.url, func(t *testing.T) { testEncryption(t, c.url, c.plaintext, c.unverified) })
	}
}

func testEncryption(t *testing.T, url string, plaintext, unverified bool) {
	t.Helper()
	cfg := defaults(t)
	cfg.URL = secret.New(url)
	if cfg.Plaintext() != plaintext || cfg.Unverified() != unverified {
		t.Errorf("got plaintext %t and unverified %t, want %t and %t", cfg.Plaintext(), cfg.Unverified(), plaintext, unverified)
	}
	cfg = defaults(t)
	cfg.Pooler, cfg.DirectURL = "transaction", secret.New(url)
	if url != "" && cfg.Plaintext() != plaintext {
		t.Errorf("as direct_url: got plaintext %t, want %t", cfg.Plaintext(), plaintext)
	}
}

func TestProgramsOfPostgreSQLFindTheDatabase(t *testing.T) {
	cfg := defaults(t)
	cfg.URL = secret.New("postgres://app@db.example.com:6432/notes?sslmode=verify-full&sslrootcert=system")
	cfg.Password = secret.New("s3cret")
	got, err := postgres.ClientEnvironment(cfg, "shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"PGHOST=db.example.com", "PGPORT=6432", "PGUSER=app", "PGPASSWORD=s3cret", "PGDATABASE=notes",
		"PGSSLMODE=verify-full", "PGSSLROOTCERT=system", "PGAPPNAME=shop", "PGCONNECT_TIMEOUT=3",
	} {
		found := false
		for _, entry := range got {
			found = found || entry == want
		}
		if !found {
			t.Errorf("no %s in %q", want, got)
		}
	}
	cfg.URL = secret.New("postgres://app@db1:5432,db2:5433/notes?target_session_attrs=read-write&channel_binding=require" +
		"&options=-c%20geqo%3Doff&search_path=a,%20b")
	t.Setenv("PGSSLMODE", "require") // the pool uses it too
	got, err = postgres.ClientEnvironment(cfg, "shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"PGHOST=db1,db2", "PGPORT=5432,5433", "PGTARGETSESSIONATTRS=read-write",
		"PGCHANNELBINDING=require", "PGOPTIONS=-c geqo=off -c search_path=a,\\ b", "PGSSLMODE=require",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
	cfg.URL = secret.New("postgres://app:own@db/notes")
	if got, err := postgres.ClientEnvironment(cfg, "shop"); err != nil || !strings.Contains(strings.Join(got, " "), "PGPASSWORD=own ") {
		t.Errorf("got %q, %v, want the password of the URL", got, err)
	}
}
