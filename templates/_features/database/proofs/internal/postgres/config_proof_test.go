package postgres_test

import (
	"fmt"
	"slices"
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
	if (cfg.Plaintext() == "url") != plaintext || (cfg.Unverified() == "url") != unverified {
		t.Errorf("got plaintext %q and unverified %q, want %t and %t", cfg.Plaintext(), cfg.Unverified(), plaintext, unverified)
	}
	cfg = defaults(t)
	cfg.Pooler, cfg.DirectURL = "transaction", secret.New(url)
	if url != "" && ((cfg.Plaintext() == "direct_url") != plaintext || (cfg.Unverified() == "direct_url") != unverified) {
		t.Errorf("as direct_url: got plaintext %q and unverified %q, want %t and %t", cfg.Plaintext(), cfg.Unverified(), plaintext, unverified)
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

func TestErrorOfAURLSaysTheCauseWithoutTheURL(t *testing.T) {
	const start = "postgres://app:s3cret@db.example.com:5432/notes"
	for url, want := range map[string]string{
		start + "?sslmode=verify-full&sslrootcert=/gone/ca.pem":       "open /gone/ca.pem: no such file or directory",
		start + "?sslmode=never":                                      "sslmode is invalid",
		start + "?target_session_attrs=any-old":                       "any-old",
		"postgres://app:s3cret/x@db.example.com/notes":                "percent-encode",
		"postgres://app:s3`: cret@db.example.com/notes?sslmode=never": "percent-encode",
	} {
		cfg := defaults(t)
		cfg.URL = secret.New(url)
		errs := cfg.Validate()
		if len(errs) == 0 || !strings.Contains(errs[0].Reason, want) {
			t.Errorf("%s: got %v, want %q", url, errs, want)
		}
		if text := fmt.Sprint(errs); strings.Contains(text, "s3") || strings.Contains(text, "db.example.com") {
			t.Errorf("got %s, which quotes the URL", text)
		}
	}
}

// A client that misses a parameter may connect to another server, or in another way.
func TestClientsGetEveryParameterOrAreRefused(t *testing.T) {
	for parameter, want := range map[string]string{
		"sslcertmode=disable":        "PGSSLCERTMODE=disable",
		"require_auth=scram-sha-256": "PGREQUIREAUTH=scram-sha-256",
		"krbsrvname=pg":              "PGKRBSRVNAME=pg",
		`lock_timeout=5s`:            "PGOPTIONS=-c lock_timeout=5s",
		`search_path=a\b`:            `PGOPTIONS=-c search_path=a\\b`,
		"ssl=true":                   "",
		"sslpassword=s3cret":         "",
		"krbspn=pg":                  "",
	} {
		cfg := defaults(t)
		cfg.URL = secret.New(remote + "?" + parameter)
		got, err := postgres.ClientEnvironment(cfg, "test")
		if want == "" && (err == nil || strings.Contains(err.Error(), "s3cret")) || want != "" && !slices.Contains(got, want) {
			t.Errorf("%s: got %q, %v, want %q", parameter, got, err, want)
		}
	}
}

func TestSettingsAreCheckedForEveryKey(t *testing.T) {
	for _, c := range []struct {
		rule string
		set  func(*postgres.Config)
		want string // empty: accepted
	}{
		{"the other scheme", func(c *postgres.Config) { c.URL = secret.New("postgresql://app@db/notes") }, ""},
		{"no slow queries", func(c *postgres.Config) { c.SlowQuery = 0 }, ""},
		{"no URL", func(c *postgres.Config) { c.URL = secret.New("host=db user=app") }, "url"},
		{"an unknown sslmode", func(c *postgres.Config) { c.URL = secret.New(remote + "?sslmode=never") }, "url"},
		{"a timeout in the URL", func(c *postgres.Config) { c.URL = secret.New(remote + "?connect_timeout=4") }, "url"},
		{"far too many", func(c *postgres.Config) { c.MaxConnections = 1001 }, "max_connections"},
		{"no instance", func(c *postgres.Config) { c.MaxInstances = 0 }, "max_instances"},
		{"too long to connect", func(c *postgres.Config) { c.ConnectTimeout = 11 * time.Second }, "connect_timeout"},
		{"too long to wait", func(c *postgres.Config) { c.AcquireTimeout = 11 * time.Second }, "acquire_timeout"},
		{"less than the server counts", func(c *postgres.Config) { c.StatementTimeout = time.Microsecond }, "statement_timeout"},
		{"no idle time", func(c *postgres.Config) { c.IdleTimeout = 0 }, "idle_timeout"},
		{"no lifetime", func(c *postgres.Config) { c.MaxLifetime = 0 }, "max_lifetime"},
		{"negative jitter", func(c *postgres.Config) { c.MaxLifetimeJitter = -1 }, "max_lifetime_jitter"},
		{"negative threshold", func(c *postgres.Config) { c.SlowQuery = -1 }, "slow_query"},
	} {
		t.Run(c.rule, func(t *testing.T) { testSettings(t, c.set, c.want) })
	}
}

func TestEncryptionOfRareURLs(t *testing.T) {
	for _, c := range []struct {
		url                   string
		plaintext, unverified bool
	}{
		{"postgres://app@127.0.0.1/notes?sslmode=disable", false, false},
		{"postgres://app@[::1]/notes", false, false},
		{"postgres://app@10.1.2.3/notes?sslmode=disable", true, false},
		{remote + "?sslmode=allow", true, true},
		{remote + "?sslmode=verify-ca", false, false},
		{"postgres://app@127.0.0.1,db.example.com/notes?sslmode=disable", true, false},
	} {
		t.Run(c.url, func(t *testing.T) { testEncryption(t, c.url, c.plaintext, c.unverified) })
	}
}
