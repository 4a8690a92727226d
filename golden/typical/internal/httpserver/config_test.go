package httpserver

import (
	"testing"
	"time"
)

// testConfig returns a valid configuration with short time limits.
func testConfig() Config {
	return Config{
		Bind:              "127.0.0.1",
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       10 * time.Second,
		RequestTimeout:    5 * time.Second,
		ShutdownTimeout:   10 * time.Second,
		MaxHeaderBytes:    16 << 10,
		TLS:               TLSConfig{MinVersion: "1.2"},
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string // the key; empty when the configuration is valid
	}{
		{"unchanged", func(*Config) {}, ""},
		{"IPv6", func(c *Config) { c.Bind = "::" }, ""},
		{"proxy terminates TLS", func(c *Config) { c.TLS.TerminatedByProxy = true }, ""},
		{"bind is a host name", func(c *Config) { c.Bind = "localhost" }, "bind"},
		{"port too large", func(c *Config) { c.Port = 65536 }, "port"},
		{"no header timeout", func(c *Config) { c.ReadHeaderTimeout = 0 }, "read_header_timeout"},
		{"no read timeout", func(c *Config) { c.ReadTimeout = 0 }, "read_timeout"},
		{"no idle timeout", func(c *Config) { c.IdleTimeout = 0 }, "idle_timeout"},
		{"no request timeout", func(c *Config) { c.RequestTimeout = 0 }, "request_timeout"},
		{"write timeout too short", func(c *Config) { c.WriteTimeout = c.RequestTimeout }, "write_timeout"},
		{"negative connection age", func(c *Config) { c.MaxConnectionAge = -1 }, "max_connection_age"},
		{"negative drain delay", func(c *Config) { c.DrainDelay = -1 }, "drain_delay"},
		{"shutdown too short", func(c *Config) { c.DrainDelay = 4 * time.Second }, "shutdown_timeout"},
		{"no room for headers", func(c *Config) { c.MaxHeaderBytes = 0 }, "max_header_bytes"},
		{"certificate without key", func(c *Config) { c.TLS.CertFile = "c" }, "tls.key_file"},
		{"key without certificate", func(c *Config) { c.TLS.KeyFile = "k" }, "tls.cert_file"},
		{"client CA without certificate", func(c *Config) { c.TLS.ClientCAFile = "a" }, "tls.client_ca_file"},
		{"TLS twice", func(c *Config) { c.TLS.CertFile, c.TLS.KeyFile, c.TLS.TerminatedByProxy = "c", "k", true }, "tls.terminated_by_proxy"},
		{"old TLS version", func(c *Config) { c.TLS.MinVersion = "1.1" }, "tls.min_version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig()
			c.change(&cfg)
			errs := cfg.Validate()
			switch {
			case c.want == "" && len(errs) > 0:
				t.Errorf("got %v, want none", errs)
			case c.want != "" && (len(errs) != 1 || errs[0].Key != c.want):
				t.Errorf("got %v, want one error for %s", errs, c.want)
			}
		})
	}
}
