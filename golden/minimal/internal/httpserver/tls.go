package httpserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"
)

var tlsVersions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// certificates holds what was read from files last, and could be used.
type certificates struct {
	cfg     TLSConfig
	current atomic.Pointer[tls.Config]
}

// loadCertificates reads the files for the first time.
func loadCertificates(cfg TLSConfig) (*certificates, error) {
	c := &certificates{cfg: cfg}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// load reads the files. After an error, what was read before stays in use.
// Connections that are open keep what they began with.
func (c *certificates) load() error {
	cert, certErr := readSetting("cert_file", c.cfg.CertFile)
	key, keyErr := readSetting("key_file", c.cfg.KeyFile)
	clientCAs, caErr := readAuthorities(c.cfg.ClientCAFile)
	if err := errors.Join(certErr, keyErr, caErr); err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("server.tls.cert_file: %s with key %s: %w", c.cfg.CertFile, c.cfg.KeyFile, err)
	}
	next := &tls.Config{
		MinVersion:   tlsVersions[c.cfg.MinVersion],
		NextProtos:   []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{pair},
	}
	if clientCAs != nil {
		// Only a certificate that is given is verified here: probes have none.
		// A middleware refuses everybody else who comes without.
		next.ClientAuth = tls.VerifyClientCertIfGiven
		next.ClientCAs = clientCAs
	}
	c.current.Store(next)
	return nil
}

// config returns a configuration that takes, for each handshake, what was read
// last.
func (c *certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion:         tlsVersions[c.cfg.MinVersion],
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.current.Load(), nil },
	}
}

// measure lets meter show until when the certificate in use is valid.
func (c *certificates) measure(meter metric.Meter) error {
	_, err := meter.Int64ObservableGauge("tls.server.certificate.expiry.timestamp",
		metric.WithUnit("s"), metric.WithDescription("When the certificate that clients are shown expires, in seconds since 1970."),
		metric.WithInt64Callback(func(_ context.Context, out metric.Int64Observer) error {
			out.Observe(c.current.Load().Certificates[0].Leaf.NotAfter.Unix())
			return nil
		}))
	if err != nil {
		return fmt.Errorf("httpserver: %w", err)
	}
	return nil
}

// files returns the names of what is read.
func (c *certificates) files() []string {
	files := []string{c.cfg.CertFile, c.cfg.KeyFile}
	if c.cfg.ClientCAFile != "" {
		files = append(files, c.cfg.ClientCAFile)
	}
	return files
}

// readAuthorities returns nil if no file is set.
func readAuthorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := readSetting("client_ca_file", path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("server.tls.client_ca_file: %s holds no certificate", path)
	}
	return pool, nil
}

func readSetting(key, path string) ([]byte, error) {
	data, err := os.ReadFile(path) //nolint:gosec // reading the file that the operator names is the purpose
	if err != nil {
		return nil, fmt.Errorf("server.tls.%s: %w", key, err)
	}
	return data, nil
}
