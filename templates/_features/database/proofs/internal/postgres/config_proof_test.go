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
		{remote + "?sslmode=allow", true, true},
		{remote + "?sslmode=verify-ca", false, false},
		{"postgres://app@127.0.0.1,db.example.com/notes?sslmode=disable", true, false},
	} {
		t.Run(c.url, func(t *testing.T) { testEncryption(t, c.url, c.plaintext, c.unverified) })
	}
}
