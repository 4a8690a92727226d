package httpserver

import (
	"net/netip"
	"time"

	"example.com/acme/sample-service/internal/setting"
)

// Config holds the settings of the API listener.
type Config struct {
	Bind string `yaml:"bind" default:"0.0.0.0" doc:"IP address to listen on; 0.0.0.0 or :: listens on all addresses."`
	Port int    `yaml:"port" default:"8080" doc:"Port to listen on; 0 takes any free port."`

	ReadHeaderTimeout time.Duration `yaml:"read_header_timeout" default:"5s" doc:"Time limit for reading the headers of a request."`
	ReadTimeout       time.Duration `yaml:"read_timeout" default:"15s" doc:"Time limit for reading a request, body included."`
	WriteTimeout      time.Duration `yaml:"write_timeout" default:"20s" doc:"Time limit from the end of the request headers to the end of the response. Must exceed request_timeout, or slow requests end without an answer."`
	IdleTimeout       time.Duration `yaml:"idle_timeout" default:"75s" doc:"How long an idle connection stays open. Set it above the idle timeout of the proxy in front, or the proxy reuses connections that are being closed."`
	RequestTimeout    time.Duration `yaml:"request_timeout" default:"15s" doc:"Time limit for a request. After it the service answers 503."`

	DrainDelay      time.Duration `yaml:"drain_delay" default:"5s" doc:"After the stop signal: how long /ready answers 503 while the service still accepts requests, so that load balancers stop sending them."`
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout" default:"25s" doc:"Time limit from the stop signal to the end; then open requests are cut off. Must be at least drain_delay plus request_timeout. Set it below the grace period of the pod."`

	MaxHeaderBytes int `yaml:"max_header_bytes" default:"65536" doc:"Largest size of the request headers, in bytes."`

	TLS TLSConfig `yaml:"tls" doc:"TLS of the API listener."`
}

// TLSConfig holds the settings of TLS.
type TLSConfig struct {
	CertFile          string        `yaml:"cert_file" default:"" doc:"PEM file with the certificate and its chain. The service reloads it when it changes and on SIGHUP."`
	KeyFile           string        `yaml:"key_file" default:"" doc:"PEM file with the private key of the certificate."`
	ClientCAFile      string        `yaml:"client_ca_file" default:"" doc:"PEM file with the CA certificates for client certificates. If set, every request except probes needs a client certificate."`
	MinVersion        string        `yaml:"min_version" default:"1.2" doc:"Minimum version of TLS: 1.2 or 1.3."`
	HandshakeTimeout  time.Duration `yaml:"handshake_timeout" default:"10s" doc:"Time limit for the TLS handshake."`
	TerminatedByProxy bool          `yaml:"terminated_by_proxy" default:"false" doc:"A proxy in front terminates TLS, and only the proxy reaches this listener."`
}

// Enabled reports whether the listener encrypts.
func (c TLSConfig) Enabled() bool { return c.CertFile != "" || c.KeyFile != "" }

// Secure reports whether clients reach the service by HTTPS.
func (c TLSConfig) Secure() bool { return c.Enabled() || c.TerminatedByProxy }

// Validate checks the settings, including those of TLS.
func (c Config) Validate() setting.Errors {
	errs := CheckAddress(c.Bind, c.Port)
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"read_header_timeout", c.ReadHeaderTimeout},
		{"read_timeout", c.ReadTimeout},
		{"write_timeout", c.WriteTimeout},
		{"idle_timeout", c.IdleTimeout},
		{"request_timeout", c.RequestTimeout},
		{"shutdown_timeout", c.ShutdownTimeout},
		{"tls.handshake_timeout", c.TLS.HandshakeTimeout},
	} {
		errs.AddIf(d.value <= 0, d.key, "must be above 0s")
	}
	errs.AddIf(c.DrainDelay < 0, "drain_delay", "must not be negative")
	errs.AddIf(c.WriteTimeout <= c.RequestTimeout, "write_timeout",
		"%s must exceed server.request_timeout, which is %s", c.WriteTimeout, c.RequestTimeout)
	errs.AddIf(c.DrainDelay+c.RequestTimeout > c.ShutdownTimeout, "shutdown_timeout",
		"%s is shorter than server.drain_delay plus server.request_timeout, which is %s", c.ShutdownTimeout, c.DrainDelay+c.RequestTimeout)
	errs.AddIf(c.MaxHeaderBytes < 1<<10 || c.MaxHeaderBytes > 1<<20, "max_header_bytes", "%d is not between 1024 and 1048576", c.MaxHeaderBytes)
	return append(errs, c.TLS.validate()...)
}

func (c TLSConfig) validate() setting.Errors {
	var errs setting.Errors
	errs.AddIf(c.CertFile == "" && c.KeyFile != "", "tls.cert_file", "required with server.tls.key_file")
	errs.AddIf(c.KeyFile == "" && c.CertFile != "", "tls.key_file", "required with server.tls.cert_file")
	errs.AddIf(c.ClientCAFile != "" && !c.Enabled(), "tls.client_ca_file", "has no effect without server.tls.cert_file")
	errs.AddIf(c.TerminatedByProxy && c.Enabled(), "tls.terminated_by_proxy", "cannot be combined with server.tls.cert_file")
	if _, ok := tlsVersions[c.MinVersion]; !ok {
		errs.Add("tls.min_version", "%q is neither 1.2 nor 1.3", c.MinVersion)
	}
	return errs
}

// CheckAddress checks the keys bind and port of a listener. It refuses host names, because a name may have several
// addresses and the listener would open only one of them.
func CheckAddress(bind string, port int) setting.Errors {
	var errs setting.Errors
	if _, err := netip.ParseAddr(bind); err != nil {
		errs.Add("bind", "%q is not an IP address", bind)
	}
	errs.AddIf(port < 0 || port > 65535, "port", "%d is not between 0 and 65535", port)
	return errs
}
