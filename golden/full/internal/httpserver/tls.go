package httpserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"

	"github.com/acme/billing-api/internal/readfile"
)

var tlsVersions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// cipherSuites are the suites of TLS 1.2 with forward secrecy and authenticated encryption. crypto/tls ignores the list for
// TLS 1.3.
var cipherSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// certificates holds the certificates in use.
type certificates struct {
	cfg     TLSConfig
	current atomic.Pointer[tls.Config]
}

// loadCertificates reads the certificate files, and registers a gauge with the expiry time of the certificate in use.
func loadCertificates(cfg TLSConfig, meter metric.Meter) (*certificates, error) {
	c := &certificates{cfg: cfg}
	if err := c.load(); err != nil {
		return nil, err
	}
	_, err := meter.Int64ObservableGauge("tls.server.certificate.expiry.timestamp",
		metric.WithUnit("s"), metric.WithDescription("Expiry time of the server certificate in use, in seconds since 1970."),
		metric.WithInt64Callback(func(_ context.Context, out metric.Int64Observer) error {
			out.Observe(c.current.Load().Certificates[0].Leaf.NotAfter.Unix())
			return nil
		}))
	if err != nil {
		return nil, fmt.Errorf("httpserver: %w", err)
	}
	return c, nil
}

// CheckFiles reads the certificate files, and reports what would stop the start.
func (c TLSConfig) CheckFiles() error {
	if !c.Enabled() {
		return nil
	}
	return (&certificates{cfg: c}).load()
}

// load reads the files and puts their content into use. After an error the previous certificates stay in use.
func (c *certificates) load() error {
	cert, certErr := readFile("cert_file", c.cfg.CertFile)
	key, keyErr := readFile("key_file", c.cfg.KeyFile)
	clientCAs, caErr := readAuthorities(c.cfg.ClientCAFile)
	if err := errors.Join(certErr, keyErr, caErr); err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err == nil {
		err = verifyChain(pair)
	}
	if err != nil {
		return fmt.Errorf("server.tls.cert_file: %s with key %s: %w", c.cfg.CertFile, c.cfg.KeyFile, err)
	}
	next := &tls.Config{
		MinVersion:   tlsVersions[c.cfg.MinVersion],
		CipherSuites: cipherSuites,
		NextProtos:   []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{pair},
	}
	if clientCAs != nil {
		// Probes have no certificate. The middleware ClientCert refuses other requests without one.
		next.ClientAuth = tls.VerifyClientCertIfGiven
		next.ClientCAs = clientCAs
	}
	c.current.Store(next)
	return nil
}

// verifyChain checks that the first certificate is valid now, meant for servers, and issued by one of the others. Clients
// know their own roots, so they ignore the rest of the file, such as an expired cross-signed root.
func verifyChain(pair tls.Certificate) error {
	issuers := x509.NewCertPool()
	for _, der := range pair.Certificate[min(1, len(pair.Certificate)-1):] { // a single certificate is its own issuer
		issuer, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		issuers.AddCert(issuer)
	}
	_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: issuers, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err
}

// config returns a configuration that uses, for each handshake, the certificates loaded last.
func (c *certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion:         tlsVersions[c.cfg.MinVersion],
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.current.Load(), nil },
	}
}

// readAuthorities returns nil if path is empty.
func readAuthorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := readFile("client_ca_file", path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("server.tls.client_ca_file: %s holds no certificate", path)
	}
	return pool, nil
}

func readFile(key, path string) ([]byte, error) {
	data, _, err := readfile.Regular(path)
	if err != nil {
		return nil, fmt.Errorf("server.tls.%s: %w", key, err)
	}
	return data, nil
}
