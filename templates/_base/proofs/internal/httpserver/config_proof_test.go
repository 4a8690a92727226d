package httpserver

import "testing"

func TestValidateNamesEveryKey(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string // the key; empty when the configuration is valid
	}{
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
