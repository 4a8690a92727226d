package httpserver

import (
	"strings"
	"testing"
	"time"

	"git.example.org/shop/orders/v2/internal/bytesize"
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
		MaxHeaderBytes:    16 * bytesize.KiB,
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
		{"bind is a name", func(c *Config) { c.Bind = "localhost" }, "server.bind"},
		{"bind is empty", func(c *Config) { c.Bind = "" }, "server.bind"},
		{"bind has a port", func(c *Config) { c.Bind = "127.0.0.1:80" }, "server.bind"},
		{"port below", func(c *Config) { c.Port = -1 }, "server.port"},
		{"port above", func(c *Config) { c.Port = 65536 }, "server.port"},
		{"no time for headers", func(c *Config) { c.ReadHeaderTimeout = 0 }, "server.read_header_timeout"},
		{"no time for reading", func(c *Config) { c.ReadTimeout = 0 }, "server.read_timeout"},
		{"no time between requests", func(c *Config) { c.IdleTimeout = 0 }, "server.idle_timeout"},
		{"no time for requests", func(c *Config) { c.RequestTimeout = 0 }, "server.request_timeout"},
		{"write as long as request", func(c *Config) { c.WriteTimeout = c.RequestTimeout }, "server.write_timeout"},
		{"negative drain delay", func(c *Config) { c.DrainDelay = -1 }, "server.drain_delay"},
		{"shutdown too short", func(c *Config) { c.DrainDelay = c.ShutdownTimeout - c.RequestTimeout + 1 }, "server.shutdown_timeout"},
		{"no headers", func(c *Config) { c.MaxHeaderBytes = 0 }, "server.max_header_bytes"},
		{"certificate without key", func(c *Config) { c.TLS.CertFile = "c" }, "server.tls.key_file"},
		{"key without certificate", func(c *Config) { c.TLS.KeyFile = "k" }, "server.tls.cert_file"},
		{"client CA without certificate", func(c *Config) { c.TLS.ClientCAFile = "a" }, "server.tls.client_ca_file"},
		{"two encrypt", func(c *Config) { c.TLS.CertFile, c.TLS.KeyFile, c.TLS.TerminatedByProxy = "c", "k", true }, "server.tls.terminated_by_proxy"},
		{"old version", func(c *Config) { c.TLS.MinVersion = "1.1" }, "server.tls.min_version"},
		{"no time for the handshake", func(c *Config) { c.TLS.HandshakeTimeout = 0 }, "server.tls.handshake_timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := usual()
			c.change(&cfg)
			err := cfg.Validate()
			if c.want == "" {
				if err != nil {
					t.Errorf("got %v, want nil", err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), c.want+": ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one error of %s", err, c.want)
			}
		})
	}
}
