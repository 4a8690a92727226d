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
		{"proxy terminates TLS", func(c *Config) { c.TLS.TerminatedByProxy = true }, ""},
		{"bind is a host name", func(c *Config) { c.Bind = "localhost" }, "bind"},
		{"port too large", func(c *Config) { c.Port = 65536 }, "port"},
		{"no request timeout", func(c *Config) { c.RequestTimeout = 0 }, "request_timeout"},
		{"write timeout too short", func(c *Config) { c.WriteTimeout = c.RequestTimeout }, "write_timeout"},
		{"shutdown too short", func(c *Config) { c.DrainDelay = 4 * time.Second }, "shutdown_timeout"},
		{"certificate without key", func(c *Config) { c.TLS.CertFile = "c" }, "tls.key_file"},
		{"old TLS version", func(c *Config) { c.TLS.MinVersion = "1.1" }, "tls.min_version"},
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
