package postgres

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/acme/sample-service/internal/secret"
)

// localURL is the address if database.url is empty.
const localURL = "postgres://sample_service@127.0.0.1:5432/sample_service?sslmode=disable"

// address says how to connect to a server.
type address struct {
	key           string // of the setting that holds the URL, in the section database
	url, password secret.Value
}

// pooled returns the address that the pool connects to.
func (c Config) pooled() address { return address{"url", c.URL, c.Password} }

// direct returns the address for migrations, and for the programs of PostgreSQL.
func (c Config) direct() address {
	if c.DirectURL.IsSet() {
		return address{"direct_url", c.DirectURL, c.Password}
	}
	return c.pooled()
}

// current returns the address with its secrets as their files hold them now.
func (a address) current() (address, error) {
	text, err := a.url.Current()
	if err != nil {
		return a, fmt.Errorf("database.%s: %w", a.key, err)
	}
	password, err := a.password.Current()
	if err != nil {
		return a, fmt.Errorf("database.password: %w", err)
	}
	return address{a.key, secret.New(text), secret.New(password)}, nil
}

// parse returns the configuration of a pool. Its errors quote no part of the URL that could be a secret.
func (a address) parse() (*pgxpool.Config, error) {
	text := localURL
	if a.url.IsSet() {
		text = a.url.Reveal()
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("not a URL such as postgres://user@host:5432/name?sslmode=verify-full; percent-encode special characters in its password")
	}
	for name := range u.Query() {
		if managed(name) {
			return nil, fmt.Errorf("remove %s from the URL; other settings of the section database replace it", name)
		}
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, errors.New(parseFailure(err))
	}
	if _, ok := u.User.Password(); !ok && a.password.IsSet() {
		config.ConnConfig.Password = a.password.Reveal()
	}
	return config, nil
}

// parseFailure returns the reason in an error of pgx, which quotes the whole URL in front of it.
func parseFailure(err error) string {
	text := err.Error()
	_, reason, found := strings.Cut(text[strings.LastIndex(text, "`")+1:], ": ")
	if !found || strings.HasPrefix(reason, "failed to parse as URL") {
		return "not a URL that PostgreSQL understands"
	}
	return reason
}

// managed reports whether a parameter of a URL is decided by other settings.
func managed(name string) bool {
	return strings.HasPrefix(name, "pool_") || strings.HasSuffix(name, "_cache_capacity") ||
		slices.Contains([]string{"connect_timeout", "default_query_exec_mode", "statement_timeout", "application_name"}, name)
}

// Plaintext returns the key of a URL that allows an unencrypted connection to another machine, or an empty string.
func (c Config) Plaintext() string { return c.firstURL(address.plaintext) }

// Unverified returns the key of a URL that accepts any certificate from a server on another machine, or an empty string.
func (c Config) Unverified() string { return c.firstURL(address.unverified) }

// firstURL returns the key of the first URL for which a condition holds, or an empty string.
func (c Config) firstURL(holds func(address) bool) string {
	for _, a := range []address{c.pooled(), c.direct()} {
		if holds(a) {
			return a.key
		}
	}
	return ""
}

// plaintext reports whether a connection to another machine may be unencrypted.
func (a address) plaintext() bool {
	return a.anyRemote(func(encryption *tls.Config) bool { return encryption == nil })
}

// unverified reports whether the service may accept any certificate from a server on another machine.
func (a address) unverified() bool {
	return a.anyRemote(func(encryption *tls.Config) bool {
		return encryption != nil && encryption.InsecureSkipVerify && encryption.VerifyPeerCertificate == nil
	})
}

// anyRemote reports whether a condition holds for the encryption of any server on another machine. It is false for a URL
// that cannot be parsed, which Validate reports.
func (a address) anyRemote(holds func(*tls.Config) bool) bool {
	config, err := a.parse()
	if err != nil {
		return false
	}
	if !local(config.ConnConfig.Host) && holds(config.ConnConfig.TLSConfig) {
		return true
	}
	return slices.ContainsFunc(config.ConnConfig.Fallbacks, func(next *pgconn.FallbackConfig) bool {
		return !local(next.Host) && holds(next.TLSConfig)
	})
}

// local reports whether a host is this machine: a Unix socket or a loopback address.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
