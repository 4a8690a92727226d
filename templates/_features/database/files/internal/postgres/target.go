package postgres

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/acme/sample-service/internal/secret"
)

// localURL is used when no other is set: the database of a developer.
const localURL = "postgres://sample_service@127.0.0.1:5432/sample_service?sslmode=disable"

// target is a server as the settings name it.
type target struct {
	key           string // of the URL, in the section database
	url, password secret.Value
}

// pooled returns where the pool connects to.
func (c Config) pooled() target { return target{"url", c.URL, c.Password} }

// direct returns the server itself, which is the same unless a pooler in
// transaction mode stands in between.
func (c Config) direct() target {
	if c.DirectURL.IsSet() {
		return target{"direct_url", c.DirectURL, c.Password}
	}
	return c.pooled()
}

// current reads the files that hold the URL and the password, and returns the
// target as they describe it now.
func (t target) current() (target, error) {
	address, err := t.url.Current()
	if err != nil {
		return t, fmt.Errorf("database.%s: %w", t.key, err)
	}
	password, err := t.password.Current()
	if err != nil {
		return t, fmt.Errorf("database.password: %w", err)
	}
	return target{t.key, secret.New(address), secret.New(password)}, nil
}

// parse returns the configuration of a connection. Its errors hold no part of
// the URL, which may be a secret.
func (t target) parse() (*pgxpool.Config, error) {
	text := localURL
	if t.url.IsSet() {
		text = t.url.Reveal()
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("is not a URL such as postgres://user@host:5432/name?sslmode=verify-full")
	}
	for name := range u.Query() {
		if owned(name) {
			return nil, fmt.Errorf("%s in it would have no effect; the section database has keys for it", name)
		}
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, errors.New("the parameters of the URL are not valid, or a file that they name cannot be read")
	}
	if _, own := u.User.Password(); !own && t.password.IsSet() {
		config.ConnConfig.Password = t.password.Reveal()
	}
	return config, nil
}

// owned reports whether a parameter of a URL is decided by other settings.
func owned(name string) bool {
	return strings.HasPrefix(name, "pool_") || strings.HasSuffix(name, "_cache_capacity") ||
		slices.Contains([]string{"connect_timeout", "default_query_exec_mode", "statement_timeout", "application_name"}, name)
}

// Plaintext reports whether a connection to another machine may be unencrypted.
func (c Config) Plaintext() bool {
	return c.anyServer(func(encryption *tls.Config) bool { return encryption == nil })
}

// Unverified reports whether a connection to another machine may be to
// whoever takes its place.
func (c Config) Unverified() bool {
	return c.anyServer(func(encryption *tls.Config) bool {
		return encryption != nil && encryption.InsecureSkipVerify && encryption.VerifyPeerCertificate == nil
	})
}

// anyServer reports whether something holds for the encryption of a server on
// another machine. What cannot be parsed is the business of Validate.
func (c Config) anyServer(holds func(*tls.Config) bool) bool {
	for _, t := range []target{c.pooled(), c.direct()} {
		config, err := t.parse()
		if err != nil {
			continue
		}
		if !local(config.ConnConfig.Host) && holds(config.ConnConfig.TLSConfig) {
			return true
		}
		for _, next := range config.ConnConfig.Fallbacks {
			if !local(next.Host) && holds(next.TLSConfig) {
				return true
			}
		}
	}
	return false
}

// local reports whether a host is this machine: a socket or the loopback.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
