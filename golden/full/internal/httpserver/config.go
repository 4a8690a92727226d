package httpserver

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/acme/billing-api/internal/bytesize"
)

// Config holds the settings of the listener of the API.
type Config struct {
	Bind string `yaml:"bind" default:"0.0.0.0" doc:"IP address to listen on; 0.0.0.0 and :: mean all."`
	Port int    `yaml:"port" default:"8080" doc:"Port to listen on; 0 takes any that is free."`

	ReadHeaderTimeout time.Duration `yaml:"read_header_timeout" default:"5s" doc:"Time in which the headers of a request must arrive."`
	ReadTimeout       time.Duration `yaml:"read_timeout" default:"15s" doc:"Time in which a request must arrive, body included."`
	WriteTimeout      time.Duration `yaml:"write_timeout" default:"20s" doc:"Time from the end of the headers of a request to the end of its response. Must exceed request_timeout, or slow requests end without an answer."`
	IdleTimeout       time.Duration `yaml:"idle_timeout" default:"75s" doc:"How long a connection is kept for the next request. Should exceed that of the proxy in front, which otherwise reuses connections that are being closed."`
	RequestTimeout    time.Duration `yaml:"request_timeout" default:"15s" doc:"Time in which a request must be answered; then the answer is 503."`

	DrainDelay      time.Duration `yaml:"drain_delay" default:"5s" doc:"After the signal to stop: how long /ready answers 503 while requests are still accepted, so that load balancers look elsewhere."`
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout" default:"25s" doc:"Time from the signal to stop until open requests are cut off. Must hold drain_delay and request_timeout, and be below the grace period of the pod."`

	MaxHeaderBytes bytesize.Size `yaml:"max_header_bytes" default:"64KiB" doc:"Largest size of the headers of a request."`

	TLS TLSConfig `yaml:"tls" doc:"Encryption of the listener of the API."`
}

// TLSConfig holds the settings of encryption.
type TLSConfig struct {
	CertFile          string        `yaml:"cert_file" default:"" doc:"PEM file with the certificate and its chain. It is read again when it changes and on SIGHUP."`
	KeyFile           string        `yaml:"key_file" default:"" doc:"PEM file with the private key of the certificate."`
	ClientCAFile      string        `yaml:"client_ca_file" default:"" doc:"PEM file with the authorities for certificates of clients. If set, every request but the probes needs such a certificate."`
	MinVersion        string        `yaml:"min_version" default:"1.2" doc:"Oldest version of TLS that is accepted: 1.2 or 1.3."`
	HandshakeTimeout  time.Duration `yaml:"handshake_timeout" default:"10s" doc:"Time in which a client must complete the handshake."`
	TerminatedByProxy bool          `yaml:"terminated_by_proxy" default:"false" doc:"Says that a proxy in front encrypts, and that only the proxy reaches this listener."`
}

// Enabled reports whether the listener encrypts.
func (c TLSConfig) Enabled() bool { return c.CertFile != "" || c.KeyFile != "" }

// Secure reports whether clients reach the service by HTTPS.
func (c TLSConfig) Secure() bool { return c.Enabled() || c.TerminatedByProxy }

// Validate checks the settings of the listener, those of encryption included.
func (c Config) Validate() error {
	errs := []error{CheckAddress("server", c.Bind, c.Port)}
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
	} {
		if d.value <= 0 {
			errs = append(errs, fmt.Errorf("server.%s: must be above 0s", d.key))
		}
	}
	if c.DrainDelay < 0 {
		errs = append(errs, errors.New("server.drain_delay: must not be below 0s"))
	}
	if c.WriteTimeout <= c.RequestTimeout {
		errs = append(errs, fmt.Errorf("server.write_timeout: %s must exceed server.request_timeout, which is %s", c.WriteTimeout, c.RequestTimeout))
	}
	if c.DrainDelay+c.RequestTimeout > c.ShutdownTimeout {
		errs = append(errs, fmt.Errorf("server.shutdown_timeout: %s is too short for server.drain_delay and server.request_timeout, which are %s together",
			c.ShutdownTimeout, c.DrainDelay+c.RequestTimeout))
	}
	if c.MaxHeaderBytes < bytesize.KiB || c.MaxHeaderBytes > bytesize.MiB {
		errs = append(errs, fmt.Errorf("server.max_header_bytes: %s is not between 1KiB and 1MiB", c.MaxHeaderBytes))
	}
	errs = append(errs, c.TLS.validate())
	return errors.Join(errs...)
}

func (c TLSConfig) validate() error {
	var errs []error
	if c.CertFile == "" && c.KeyFile != "" {
		errs = append(errs, errors.New("server.tls.cert_file: is required with server.tls.key_file"))
	}
	if c.KeyFile == "" && c.CertFile != "" {
		errs = append(errs, errors.New("server.tls.key_file: is required with server.tls.cert_file"))
	}
	if c.ClientCAFile != "" && !c.Enabled() {
		errs = append(errs, errors.New("server.tls.client_ca_file: has no effect without server.tls.cert_file"))
	}
	if c.TerminatedByProxy && c.Enabled() {
		errs = append(errs, errors.New("server.tls.terminated_by_proxy: contradicts server.tls.cert_file"))
	}
	if _, ok := tlsVersions[c.MinVersion]; !ok {
		errs = append(errs, fmt.Errorf("server.tls.min_version: %q is neither 1.2 nor 1.3", c.MinVersion))
	}
	if c.HandshakeTimeout <= 0 {
		errs = append(errs, errors.New("server.tls.handshake_timeout: must be above 0s"))
	}
	return errors.Join(errs...)
}

// CheckAddress checks where a listener shall be opened; section names the
// settings it comes from. Names of hosts are refused: they may mean several
// addresses, of which only one would be listened on.
func CheckAddress(section, bind string, port int) error {
	var errs []error
	if _, err := netip.ParseAddr(bind); err != nil {
		errs = append(errs, fmt.Errorf("%s.bind: %q is not an IP address", section, bind))
	}
	if port < 0 || port > 65535 {
		errs = append(errs, fmt.Errorf("%s.port: %d is not between 0 and 65535", section, port))
	}
	return errors.Join(errs...)
}
