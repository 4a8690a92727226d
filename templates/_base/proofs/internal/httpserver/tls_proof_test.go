package httpserver

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// encrypted returns a configuration with a certificate of the authority.
func encrypted(t *testing.T, authority *certAuthority) Config {
	t.Helper()
	dir := t.TempDir()
	cfg := testConfig()
	cfg.TLS.CertFile, cfg.TLS.KeyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	authority.issueTo("first", cfg.TLS.CertFile, cfg.TLS.KeyFile)
	return cfg
}

// handshake returns the name in the certificate that the server shows.
func handshake(t *testing.T, s *service, cfg *tls.Config) (string, error) {
	t.Helper()
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: patience}, Config: cfg}
	conn, err := dialer.DialContext(t.Context(), "tcp", s.api.Addr().String())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName, nil
}

func TestTLSVersionsAndCipherSuites(t *testing.T) {
	authority := newAuthority(t, "authority")
	s := serve(t, encrypted(t, authority), hello)
	for _, c := range []struct {
		name    string
		version uint16
		suite   uint16 // 0 for the client's default
		want    bool
	}{
		{"TLS 1.1", tls.VersionTLS11, 0, false},
		{"TLS 1.2", tls.VersionTLS12, 0, true},
		{"TLS 1.3", tls.VersionTLS13, 0, true},
		{"CBC suite", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, false},
	} {
		client := &tls.Config{RootCAs: authority.pool(), MinVersion: c.version, MaxVersion: c.version}
		if c.suite != 0 {
			client.CipherSuites = []uint16{c.suite}
		}
		if _, err := handshake(t, s, client); (err == nil) != c.want {
			t.Errorf("%s: got %v, want accepted=%t", c.name, err, c.want)
		}
	}
}

func TestMinimumVersionIsTheSetting(t *testing.T) {
	authority := newAuthority(t, "authority")
	cfg := encrypted(t, authority)
	cfg.TLS.MinVersion = "1.3"
	s := serve(t, cfg, hello)
	if _, err := handshake(t, s, &tls.Config{RootCAs: authority.pool(), MaxVersion: tls.VersionTLS12}); err == nil {
		t.Error("TLS 1.2 was accepted")
	}
	if _, err := handshake(t, s, &tls.Config{RootCAs: authority.pool()}); err != nil {
		t.Errorf("got %v with TLS 1.3", err)
	}
}

func TestClientCertificatesFollowTheAuthorityFile(t *testing.T) {
	authority := newAuthority(t, "authority")
	oldClients, newClients := newAuthority(t, "old"), newAuthority(t, "new")
	cfg := encrypted(t, authority)
	cfg.TLS.ClientCAFile = filepath.Join(t.TempDir(), "clients.crt")
	oldClients.writeTo(cfg.TLS.ClientCAFile)
	s := serve(t, cfg, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.VerifiedChains) > 0 {
			_, _ = io.WriteString(w, r.TLS.VerifiedChains[0][0].Subject.CommonName)
		}
	}))

	// ask returns who the server takes the client for.
	ask := func(certificates ...tls.Certificate) (string, error) {
		client, transport := newClient(t)
		transport.TLSClientConfig = &tls.Config{RootCAs: authority.pool()}
		if len(certificates) > 0 {
			// Shown even if the server does not ask for its authority.
			transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				return &certificates[0], nil
			}
		}
		res, err := client.Get("https://" + s.api.Addr().String())
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return string(body), err
	}

	if who, err := ask(); who != "" || err != nil {
		t.Errorf("without a certificate: got %q, %v, want to be served as nobody", who, err)
	}
	if who, err := ask(oldClients.issue("alice")); who != "alice" || err != nil {
		t.Errorf("got %q, %v, want alice", who, err)
	}
	if _, err := ask(newClients.issue("mallory")); err == nil {
		t.Error("certificate of an unknown authority was accepted")
	}

	newClients.writeTo(cfg.TLS.ClientCAFile)
	if err := s.api.Reload(); err != nil {
		t.Fatal(err)
	}
	if who, err := ask(newClients.issue("bob")); who != "bob" || err != nil {
		t.Errorf("got %q, %v, want bob", who, err)
	}
	if _, err := ask(oldClients.issue("alice")); err == nil {
		t.Error("certificate of the former authority was accepted")
	}
}

func TestUnusableCertificatesStopTheStart(t *testing.T) {
	authority := newAuthority(t, "authority")
	for _, c := range []struct {
		name   string
		change func(t *testing.T, c *TLSConfig)
		want   string
	}{
		{"no certificate", func(_ *testing.T, c *TLSConfig) { c.CertFile += ".gone" }, "server.tls.cert_file: "},
		{"no key", func(_ *testing.T, c *TLSConfig) { c.KeyFile += ".gone" }, "server.tls.key_file: "},
		{"no authority", func(_ *testing.T, c *TLSConfig) { c.ClientCAFile = "gone" }, "server.tls.client_ca_file: "},
		{"authority that is none", func(_ *testing.T, c *TLSConfig) { c.ClientCAFile = c.KeyFile }, "server.tls.client_ca_file: "},
		{"key of another", func(t *testing.T, c *TLSConfig) {
			authority.issueTo("other", filepath.Join(t.TempDir(), "other.crt"), c.KeyFile)
		}, "server.tls.cert_file: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := encrypted(t, authority)
			c.change(t, &cfg.TLS)
			server, err := Listen(t.Context(), cfg, noop.Meter{}, quiet)
			if err == nil {
				server.Close()
			}
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want an error that begins with %q", err, c.want)
			}
		})
	}
}

func TestPlaintextIsRefused(t *testing.T) {
	authority := newAuthority(t, "authority")
	served := false
	s := serve(t, encrypted(t, authority), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true }))
	client, _ := newClient(t)
	if res, _ := get(t, client, "http://"+s.api.Addr().String()); res.StatusCode != http.StatusBadRequest {
		t.Errorf("got %s, want 400", res.Status)
	}
	s.stop()
	if err := s.end(t); err != nil || served {
		t.Errorf("got %v and served=%t, want nil and false", err, served)
	}
}

func TestExpiryGaugeFollowsTheCertificateInUse(t *testing.T) {
	authority := newAuthority(t, "authority")
	cfg := encrypted(t, authority)
	reader := sdkmetric.NewManualReader()
	certs, err := loadCertificates(cfg.TLS, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test"))
	if err != nil {
		t.Fatal(err)
	}
	expiry := func() int64 {
		t.Helper()
		var rm metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &rm); err != nil {
			t.Fatal(err)
		}
		return rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Gauge[int64]).DataPoints[0].Value
	}
	first := expiry()
	later := func(c *x509.Certificate) { c.NotAfter = c.NotAfter.Add(24 * time.Hour) }
	authority.issueTo("second", cfg.TLS.CertFile, cfg.TLS.KeyFile, later)
	if err := certs.load(); err != nil {
		t.Fatal(err)
	}
	if got := expiry(); got < first+24*60*60 {
		t.Errorf("got %d, want a day after %d", got, first)
	}
}

func appendFile(t *testing.T, to, from string) {
	t.Helper()
	first, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, append(first, second...), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReloadKeepsTheLastGoodPair(t *testing.T) {
	authority := newAuthority(t, "authority")
	cfg := encrypted(t, authority)
	s := serve(t, cfg, hello)
	client := &tls.Config{RootCAs: authority.pool()}

	shown := func(want string) {
		t.Helper()
		if got, err := handshake(t, s, client); err != nil || got != want {
			t.Errorf("got certificate %q, %v, want %q", got, err, want)
		}
	}
	shown("first")

	otherKey := filepath.Join(t.TempDir(), "other.key")
	for name, issue := range map[string]func(){
		"key of another certificate": func() { authority.issueTo("half", cfg.TLS.CertFile, otherKey) },
		"expired": func() {
			authority.issueTo("expired", cfg.TLS.CertFile, cfg.TLS.KeyFile, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) })
		},
		"for clients only": func() {
			authority.issueTo("client", cfg.TLS.CertFile, cfg.TLS.KeyFile,
				func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
		},
		"chain of another authority": func() {
			authority.issueTo("chained", cfg.TLS.CertFile, cfg.TLS.KeyFile)
			other := filepath.Join(t.TempDir(), "other.crt")
			newAuthority(t, "other").writeTo(other)
			appendFile(t, cfg.TLS.CertFile, other)
		},
		"no such file": func() { _ = os.Remove(cfg.TLS.KeyFile) },
	} {
		issue()
		if err := s.api.Reload(); err == nil || !strings.HasPrefix(err.Error(), "server.tls.") {
			t.Errorf("%s: got %v, want an error of server.tls", name, err)
		}
		shown("first")
	}

	// Many chains end with an expired cross-signed root, which clients ignore.
	authority.issueTo("second", cfg.TLS.CertFile, cfg.TLS.KeyFile)
	expired, _ := newAuthority(t, "old root").sign("cross-signed root", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) })
	for _, cert := range []*x509.Certificate{authority.cert, expired} {
		file := filepath.Join(t.TempDir(), "issuer.crt")
		writePEM(t, file, "CERTIFICATE", cert.Raw)
		appendFile(t, cfg.TLS.CertFile, file)
	}
	if err := s.api.Reload(); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	shown("second")
}
