package httpserver

import (
	"testing"
	"time"
)

func TestValidateNamesTheKey(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string // the key; empty when the configuration is valid
	}{
		{"unchanged", func(*Config) {}, ""},
		{"proxy terminates TLS", func(c *Config) { c.TLS.TerminatedByProxy = true }, ""},
		{"bind is a host name", func(c *Config) { c.Bind = "localhost" }, "bind"},
		{"port too large", func(c *Config) { c.Port = 65536 }, "port"},
		{"no request timeout", func(c *Config) { c.RequestTimeout = 0 }, "request_timeout"},
		{"write timeout too short", func(c *Config) { c.WriteTimeout = c.RequestTimeout }, "write_timeout"},
		{"shutdown too short", func(c *Config) { c.DrainDelay = 4 * time.Second }, "shutdown_timeout"},
		{"certificate without key", func(c *Config) { c.TLS.CertFile = "c" }, "tls.key_file"},
		{"old TLS version", func(c *Config) { c.TLS.MinVersion = "1.1" }, "tls.min_version"},
		{"IPv6", func(c *Config) { c.Bind = "::" }, ""},
		{"no header timeout", func(c *Config) { c.ReadHeaderTimeout = 0 }, "read_header_timeout"},
		{"no idle timeout", func(c *Config) { c.IdleTimeout = 0 }, "idle_timeout"},
		{"negative connection age", func(c *Config) { c.MaxConnectionAge = -1 }, "max_connection_age"},
		{"negative drain delay", func(c *Config) { c.DrainDelay = -1 }, "drain_delay"},
		{"no room for headers", func(c *Config) { c.MaxHeaderBytes = 0 }, "max_header_bytes"},
		{"key without certificate", func(c *Config) { c.TLS.KeyFile = "k" }, "tls.cert_file"},
		{"client CA without certificate", func(c *Config) { c.TLS.ClientCAFile = "a" }, "tls.client_ca_file"},
		{"TLS twice", func(c *Config) { c.TLS.CertFile, c.TLS.KeyFile, c.TLS.TerminatedByProxy = "c", "k", true }, "tls.terminated_by_proxy"},
	} {
		t.Run(c.name, func(t *testing.T) { testValidate(t, c.change, c.want) })
	}
}

// testValidate expects one error for the key want, or none if want is empty.
func testValidate(t *testing.T, change func(*Config), want string) {
	t.Helper()
	cfg := testConfig()
	change(&cfg)
	errs := cfg.Validate()
	if want == "" && len(errs) > 0 || want != "" && (len(errs) != 1 || errs[0].Key != want) {
		t.Errorf("got %v, want an error for %q", errs, want)
	}
}
