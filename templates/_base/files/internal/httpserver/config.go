package httpserver

import (
	"net/netip"
	"time"

	"example.com/acme/sample-service/internal/setting"
)

// Config holds the settings of the API listener.
type Config struct {
	Bind string `yaml:"bind" default:"0.0.0.0" doc:"IP address to listen on; 0.0.0.0 and :: mean every address."`
	Port int    `yaml:"port" default:"8080" doc:"Port to listen on; 0 picks a free port."`

	ReadHeaderTimeout time.Duration `yaml:"read_header_timeout" default:"5s" doc:"Time limit for a TLS handshake, and for the headers of a request."`
	WriteTimeout      time.Duration `yaml:"write_timeout" default:"20s" doc:"Time limit from the end of the request headers to the end of the response. Must exceed request_timeout."`
	IdleTimeout       time.Duration `yaml:"idle_timeout" default:"75s" doc:"How long a connection stays open between requests. Should exceed the idle timeout of the proxy in front of the service."`
	RequestTimeout    time.Duration `yaml:"request_timeout" default:"15s" doc:"Time limit for receiving and handling a request. A request that exceeds it gets 503, or 408 if its body has not arrived."`
	MaxConnectionAge  time.Duration `yaml:"max_connection_age" default:"30m" doc:"Age at which the service asks a client to open a new connection, so that long-lived clients spread over new instances. 0s disables it."`

	DrainDelay      time.Duration `yaml:"drain_delay" default:"5s" doc:"How long the service keeps accepting requests after SIGTERM, with /ready at 503, so that load balancers stop sending traffic."`
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout" default:"25s" doc:"Time limit from SIGTERM to the end of the last request. Must be at least 2s longer than drain_delay and request_timeout together. The process ends at most 5s later, so its platform must grant it at least 6s more."`

	MaxHeaderBytes int `yaml:"max_header_bytes" default:"65536" doc:"Maximum size of the request headers in bytes, from 1024 to 1048576."`

	TLS TLSConfig `yaml:"tls"`
}

// TLSConfig holds the TLS settings.
type TLSConfig struct {
	CertFile          string `yaml:"cert_file" default:"" doc:"PEM file with the certificate and its intermediates. The service reloads it when it changes and on SIGHUP."`
	KeyFile           string `yaml:"key_file" default:"" doc:"PEM file with the private key of the certificate."`
	ClientCAFile      string `yaml:"client_ca_file" default:"" doc:"PEM file with the authorities for client certificates. When set, every request except probes needs a client certificate."`
	MinVersion        string `yaml:"min_version" default:"1.2" doc:"Minimum TLS version: 1.2 or 1.3."`
	TerminatedByProxy bool   `yaml:"terminated_by_proxy" default:"false" doc:"Declares that a proxy in front of the service terminates TLS, and that only the proxy can reach this listener."`
}

// Enabled reports whether the listener uses TLS.
func (c TLSConfig) Enabled() bool { return c.CertFile != "" || c.KeyFile != "" }

// Secure reports whether clients reach the service over HTTPS.
func (c TLSConfig) Secure() bool { return c.Enabled() || c.TerminatedByProxy }

// cancelGrace is the part of the shutdown in which cancelled requests can still be answered.
const cancelGrace = 2 * time.Second

// LongestRequest returns the longest request timeout that a shutdown can wait for.
func (c Config) LongestRequest() time.Duration { return c.ShutdownTimeout - c.DrainDelay - cancelGrace }

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	errs := CheckAddress(c.Bind, c.Port)
	for _, limit := range []struct {
		key   string
		value time.Duration
	}{
		{"read_header_timeout", c.ReadHeaderTimeout},
		{"write_timeout", c.WriteTimeout},
		{"idle_timeout", c.IdleTimeout},
		{"request_timeout", c.RequestTimeout},
	} {
		errs.AddIf(limit.value <= 0, limit.key, "must be greater than 0s")
	}
	errs.AddIf(c.MaxConnectionAge < 0, "max_connection_age", "must not be negative")
	errs.AddIf(c.DrainDelay < 0, "drain_delay", "must not be negative")
	errs.AddIf(c.WriteTimeout <= c.RequestTimeout, "write_timeout", "must be greater than request_timeout (%s)", c.RequestTimeout)
	errs.AddIf(c.RequestTimeout > c.LongestRequest(), "shutdown_timeout",
		"must be at least drain_delay + request_timeout + %s = %s", cancelGrace, c.DrainDelay+c.RequestTimeout+cancelGrace)
	errs.AddIf(c.MaxHeaderBytes < 1<<10 || c.MaxHeaderBytes > 1<<20, "max_header_bytes", "must be between 1024 and 1048576")

	errs.AddIf(c.TLS.CertFile == "" && c.TLS.KeyFile != "", "tls.cert_file", "must be set when tls.key_file is set")
	errs.AddIf(c.TLS.KeyFile == "" && c.TLS.CertFile != "", "tls.key_file", "must be set when tls.cert_file is set")
	errs.AddIf(c.TLS.ClientCAFile != "" && !c.TLS.Enabled(), "tls.client_ca_file", "needs tls.cert_file and tls.key_file")
	errs.AddIf(c.TLS.TerminatedByProxy && c.TLS.Enabled(), "tls.terminated_by_proxy", "must be false when tls.cert_file is set")
	errs.AddIf(tlsVersions[c.TLS.MinVersion] == 0, "tls.min_version", "must be 1.2 or 1.3")
	return errs
}

// CheckAddress checks the keys bind and port of a listener. It refuses host names, because a name can resolve to
// several addresses and the listener would use only one.
func CheckAddress(bind string, port int) setting.Errors {
	var errs setting.Errors
	_, err := netip.ParseAddr(bind)
	errs.AddIf(err != nil, "bind", "%q is not an IP address", bind)
	errs.AddIf(port < 0 || port > 65535, "port", "must be between 0 and 65535")
	return errs
}
