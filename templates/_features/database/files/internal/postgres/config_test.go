package postgres_test

import (
	"strings"
	"testing"
	"time"

	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
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
		{"the other scheme", func(c *postgres.Config) { c.URL = secret.New("postgresql://app@db/notes") }, ""},
		{"a server behind a pooler", func(c *postgres.Config) { c.Pooler, c.DirectURL = "transaction", secret.New(remote) }, ""},
		{"no slow queries", func(c *postgres.Config) { c.SlowQuery = 0 }, ""},
		{"another kind of server", func(c *postgres.Config) { c.URL = secret.New("mysql://app@db/notes") }, "database.url: "},
		{"no URL", func(c *postgres.Config) { c.URL = secret.New("host=db user=app") }, "database.url: "},
		{"a broken URL", func(c *postgres.Config) { c.URL = secret.New("postgres://app:s3cret@db:port/notes") }, "database.url: "},
		{"an unknown sslmode", func(c *postgres.Config) { c.URL = secret.New(remote + "?sslmode=never") }, "database.url: "},
		{"a pool size in the URL", func(c *postgres.Config) { c.URL = secret.New(remote + "?pool_max_conns=4") }, "pool_max_conns"},
		{"a timeout in the URL", func(c *postgres.Config) { c.URL = secret.New(remote + "?connect_timeout=4") }, "connect_timeout"},
		{"a broken direct URL", func(c *postgres.Config) { c.Pooler, c.DirectURL = "transaction", secret.New("db") }, "database.direct_url: "},
		{"a direct URL for nothing", func(c *postgres.Config) { c.DirectURL = secret.New(remote) }, "database.direct_url: "},
		{"an unknown pooler", func(c *postgres.Config) { c.Pooler = "statement" }, "database.pooler: "},
		{"no connection", func(c *postgres.Config) { c.MaxConnections = 0 }, "database.max_connections: "},
		{"far too many", func(c *postgres.Config) { c.MaxConnections = 1001 }, "database.max_connections: "},
		{"more idle than there are", func(c *postgres.Config) { c.MinIdleConnections = c.MaxConnections + 1 }, "database.min_idle_connections: "},
		{"no instance", func(c *postgres.Config) { c.MaxInstances = 0 }, "database.max_instances: "},
		{"no time to connect", func(c *postgres.Config) { c.ConnectTimeout = 0 }, "database.connect_timeout: "},
		{"too long to connect", func(c *postgres.Config) { c.ConnectTimeout = 11 * time.Second }, "database.connect_timeout: "},
		{"too long to wait", func(c *postgres.Config) { c.AcquireTimeout = 11 * time.Second }, "database.acquire_timeout: "},
		{"no time for a statement", func(c *postgres.Config) { c.StatementTimeout = 0 }, "database.statement_timeout: "},
		{"less than the server counts", func(c *postgres.Config) { c.StatementTimeout = time.Microsecond }, "database.statement_timeout: "},
		{"no idle time", func(c *postgres.Config) { c.IdleTimeout = 0 }, "database.idle_timeout: "},
		{"no lifetime", func(c *postgres.Config) { c.MaxLifetime = 0 }, "database.max_lifetime: "},
		{"negative jitter", func(c *postgres.Config) { c.MaxLifetimeJitter = -1 }, "database.max_lifetime_jitter: "},
		{"negative threshold", func(c *postgres.Config) { c.SlowQuery = -1 }, "database.slow_query: "},
	} {
		t.Run(c.rule, func(t *testing.T) {
			cfg := defaults(t)
			c.set(&cfg)
			err := cfg.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestEncryptionOfAConnectionIsKnown(t *testing.T) {
	for _, c := range []struct {
		url                   string
		plaintext, unverified bool
	}{
		{"", false, false}, // this machine
		{"postgres://app@localhost/notes", false, false},
		{"postgres://app@127.0.0.1/notes?sslmode=disable", false, false},
		{"postgres://app@[::1]/notes", false, false},
		{"postgres://app@/notes?host=/run/postgresql", false, false},
		{remote, true, true}, // prefer: tries without a certificate, then without encryption
		{remote + "?sslmode=disable", true, false},
		{remote + "?sslmode=allow", true, true},
		{remote + "?sslmode=require", false, true},
		{remote + "?sslmode=verify-ca", false, false},
		{remote + "?sslmode=verify-full", false, false},
		{"postgres://app@127.0.0.1,db.example.com/notes?sslmode=disable", true, false},
	} {
		t.Run(c.url, func(t *testing.T) {
			cfg := defaults(t)
			cfg.URL = secret.New(c.url)
			if cfg.Plaintext() != c.plaintext || cfg.Unverified() != c.unverified {
				t.Errorf("got plaintext %t and unverified %t, want %t and %t", cfg.Plaintext(), cfg.Unverified(), c.plaintext, c.unverified)
			}
			cfg = defaults(t)
			cfg.Pooler, cfg.DirectURL = "transaction", secret.New(c.url)
			if c.url != "" && cfg.Plaintext() != c.plaintext {
				t.Errorf("as direct_url: got plaintext %t, want %t", cfg.Plaintext(), c.plaintext)
			}
		})
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
	cfg.URL = secret.New("postgres://app:own@db/notes")
	if got, err := postgres.ClientEnvironment(cfg, "shop"); err != nil || !strings.Contains(strings.Join(got, " "), "PGPASSWORD=own ") {
		t.Errorf("got %q, %v, want the password of the URL", got, err)
	}
}
