package httpserver

import (
	"testing"
	"time"
)

// usual is a configuration that is valid and quick.
func usual() Config {
	return Config{
		Bind:              "127.0.0.1",
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       10 * time.Second,
		RequestTimeout:    5 * time.Second,
		ShutdownTimeout:   10 * time.Second,
		MaxHeaderBytes:    16 << 10,
		TLS:               TLSConfig{MinVersion: "1.2", HandshakeTimeout: 5 * time.Second},
	}
}

func TestSettingsThatCannotBeHonouredAreRefusedByName(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string // the key
	}{
		{"usual", func(*Config) {}, ""},
		{"IPv6", func(c *Config) { c.Bind = "::" }, ""},
		{"no drain delay", func(c *Config) { c.DrainDelay = 0 }, ""},
		{"proxy encrypts", func(c *Config) { c.TLS.TerminatedByProxy = true }, ""},
		{"bind is a name", func(c *Config) { c.Bind = "localhost" }, "bind"},
		{"bind is empty", func(c *Config) { c.Bind = "" }, "bind"},
		{"bind has a port", func(c *Config) { c.Bind = "127.0.0.1:80" }, "bind"},
		{"port below", func(c *Config) { c.Port = -1 }, "port"},
		{"port above", func(c *Config) { c.Port = 65536 }, "port"},
		{"no time for headers", func(c *Config) { c.ReadHeaderTimeout = 0 }, "read_header_timeout"},
		{"no time for reading", func(c *Config) { c.ReadTimeout = 0 }, "read_timeout"},
		{"no time between requests", func(c *Config) { c.IdleTimeout = 0 }, "idle_timeout"},
		{"no time for requests", func(c *Config) { c.RequestTimeout = 0 }, "request_timeout"},
		{"write as long as request", func(c *Config) { c.WriteTimeout = c.RequestTimeout }, "write_timeout"},
		{"negative drain delay", func(c *Config) { c.DrainDelay = -1 }, "drain_delay"},
		{"shutdown too short", func(c *Config) { c.DrainDelay = c.ShutdownTimeout - c.RequestTimeout + 1 }, "shutdown_timeout"},
		{"no headers", func(c *Config) { c.MaxHeaderBytes = 0 }, "max_header_bytes"},
		{"certificate without key", func(c *Config) { c.TLS.CertFile = "c" }, "tls.key_file"},
		{"key without certificate", func(c *Config) { c.TLS.KeyFile = "k" }, "tls.cert_file"},
		{"client CA without certificate", func(c *Config) { c.TLS.ClientCAFile = "a" }, "tls.client_ca_file"},
		{"two encrypt", func(c *Config) { c.TLS.CertFile, c.TLS.KeyFile, c.TLS.TerminatedByProxy = "c", "k", true }, "tls.terminated_by_proxy"},
		{"old version", func(c *Config) { c.TLS.MinVersion = "1.1" }, "tls.min_version"},
		{"no time for the handshake", func(c *Config) { c.TLS.HandshakeTimeout = 0 }, "tls.handshake_timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := usual()
			c.change(&cfg)
			errs := cfg.Validate()
			if c.want == "" && errs != nil || c.want != "" && (len(errs) != 1 || errs[0].Key != c.want) {
				t.Errorf("got %v, want %q", errs, c.want)
			}
		})
	}
}
