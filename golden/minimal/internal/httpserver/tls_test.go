package httpserver

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/acme/billing-api/test/pki"
)

// encrypted returns a configuration with a certificate of the authority.
func encrypted(t *testing.T, authority *pki.Authority) Config {
	t.Helper()
	dir := t.TempDir()
	cfg := usual()
	cfg.TLS.CertFile, cfg.TLS.KeyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	authority.IssueTo("first", cfg.TLS.CertFile, cfg.TLS.KeyFile)
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

func TestOnlyAllowedVersionsOfTLS(t *testing.T) {
	authority := pki.NewAuthority(t, "authority")
	for _, c := range []struct {
		least string
		want  map[uint16]bool
	}{
		{"1.2", map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true}},
		{"1.3", map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: false, tls.VersionTLS13: true}},
	} {
		cfg := encrypted(t, authority)
		cfg.TLS.MinVersion = c.least
		s := serve(t, cfg, hello)
		for version, want := range c.want {
			_, err := handshake(t, s, &tls.Config{RootCAs: authority.Pool(), MinVersion: version, MaxVersion: version})
			if (err == nil) != want {
				t.Errorf("least %s, client %s: got %v, want accepted=%t", c.least, tls.VersionName(version), err, want)
			}
		}
	}
}

func TestHTTP2OverTLS(t *testing.T) {
	authority := pki.NewAuthority(t, "authority")
	s := serve(t, encrypted(t, authority), hello)
	client, transport := newClient(t)
	transport.TLSClientConfig = &tls.Config{RootCAs: authority.Pool()}
	transport.ForceAttemptHTTP2 = true
	if _, body := get(t, client, "https://"+s.api.Addr().String()); body != "HTTP/2.0" {
		t.Errorf("got %s, want HTTP/2.0", body)
	}
}

func TestClientThatDoesNotShakeHandsIsCutOffAndHoldsNobodyUp(t *testing.T) {
	authority := pki.NewAuthority(t, "authority")
	cfg := encrypted(t, authority)
	cfg.TLS.HandshakeTimeout = 100 * time.Millisecond
	s := serve(t, cfg, hello)

	silent, err := net.Dial("tcp", s.api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, err := handshake(t, s, &tls.Config{RootCAs: authority.Pool()}); err != nil {
		t.Errorf("another client: got %v, want nil", err)
	}
	_ = silent.SetReadDeadline(time.Now().Add(patience))
	began := time.Now()
	if _, err := io.ReadAll(silent); err != nil {
		t.Errorf("got %v, want the end of the connection", err)
	}
	if took := time.Since(began); took >= cfg.ReadHeaderTimeout {
		t.Errorf("cut off after %s, want after %s", took, cfg.TLS.HandshakeTimeout)
	}
}

func TestHandshakeMayTakeLongerThanHeaders(t *testing.T) {
	authority := pki.NewAuthority(t, "authority")
	cfg := encrypted(t, authority)
	cfg.ReadHeaderTimeout = 50 * time.Millisecond
	s := serve(t, cfg, hello)
	conn, err := net.Dial("tcp", s.api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(4 * cfg.ReadHeaderTimeout))
	if _, err := conn.Read(make([]byte, 1)); !os.IsTimeout(err) {
		t.Fatalf("got %v, want the connection to be open still", err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	if err := tls.Client(conn, &tls.Config{RootCAs: authority.Pool(), ServerName: "localhost"}).Handshake(); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestPlaintextIsRefused(t *testing.T) {
	authority := pki.NewAuthority(t, "authority")
	served := false
	s := serve(t, encrypted(t, authority), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true }))
	client, _ := newClient(t)
	if res, err := client.Get("http://" + s.api.Addr().String()); err == nil {
		res.Body.Close()
		t.Errorf("got %s, want an error", res.Status)
	}
	s.stop()
	if err := s.end(t); err != nil || served {
		t.Errorf("got %v and served=%t, want nil and false", err, served)
	}
}

func TestTheExpiryThatIsShownIsThatOfTheCertificateInUse(t *testing.T) {
	authority := pki.NewAuthority(t, "authority")
	cfg := encrypted(t, authority)
	s := serve(t, cfg, hello)
	reader := sdkmetric.NewManualReader()
	if err := s.api.Measure(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")); err != nil {
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
	inFile := func() int64 {
		t.Helper()
		pair, err := tls.LoadX509KeyPair(cfg.TLS.CertFile, cfg.TLS.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.NotAfter.Unix()
	}
	first := inFile()
	if got := expiry(); got != first {
		t.Errorf("got %d, want %d", got, first)
	}
	authority.Lifetime = 48 * time.Hour
	authority.IssueTo("second", cfg.TLS.CertFile, cfg.TLS.KeyFile)
	if got := expiry(); got != first {
		t.Errorf("before it is read: got %d, want %d still", got, first)
	}
	if err := s.api.Reload(); err != nil {
		t.Fatal(err)
	}
	if got, want := expiry(), inFile(); got != want || got == first {
		t.Errorf("after: got %d, want %d", got, want)
	}
}

func TestReloadKeepsTheLastGoodPair(t *testing.T) {
	authority := pki.NewAuthority(t, "authority")
	cfg := encrypted(t, authority)
	s := serve(t, cfg, hello)
	client := &tls.Config{RootCAs: authority.Pool()}

	shown := func(want string) {
		t.Helper()
		if got, err := handshake(t, s, client); err != nil || got != want {
			t.Errorf("got certificate %q, %v, want %q", got, err, want)
		}
	}
	shown("first")

	// Half of a new pair, as seen between two writes.
	authority.IssueTo("half", cfg.TLS.CertFile, filepath.Join(t.TempDir(), "other.key"))
	if err := s.api.Reload(); err == nil || !strings.HasPrefix(err.Error(), "server.tls.cert_file: ") {
		t.Errorf("got %v, want an error of server.tls.cert_file", err)
	}
	shown("first")

	if err := os.Remove(cfg.TLS.KeyFile); err != nil {
		t.Fatal(err)
	}
	if err := s.api.Reload(); err == nil || !strings.HasPrefix(err.Error(), "server.tls.key_file: ") {
		t.Errorf("got %v, want an error of server.tls.key_file", err)
	}
	shown("first")

	authority.IssueTo("second", cfg.TLS.CertFile, cfg.TLS.KeyFile)
	if err := s.api.Reload(); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	shown("second")
}

func TestClientCertificateIsVerifiedIfGivenAndItsAuthorityIsReloaded(t *testing.T) {
	authority := pki.NewAuthority(t, "authority")
	oldClients, newClients := pki.NewAuthority(t, "old"), pki.NewAuthority(t, "new")
	cfg := encrypted(t, authority)
	cfg.TLS.ClientCAFile = filepath.Join(t.TempDir(), "clients.crt")
	oldClients.WriteTo(cfg.TLS.ClientCAFile)
	s := serve(t, cfg, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.VerifiedChains) > 0 {
			_, _ = io.WriteString(w, r.TLS.VerifiedChains[0][0].Subject.CommonName)
		}
	}))

	// ask returns who the server takes the client for.
	ask := func(certificates ...tls.Certificate) (string, error) {
		client, transport := newClient(t)
		transport.TLSClientConfig = &tls.Config{RootCAs: authority.Pool()}
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
	if who, err := ask(oldClients.Issue("alice")); who != "alice" || err != nil {
		t.Errorf("got %q, %v, want alice", who, err)
	}
	if _, err := ask(newClients.Issue("mallory")); err == nil {
		t.Error("certificate of an unknown authority was accepted")
	}

	newClients.WriteTo(cfg.TLS.ClientCAFile)
	if err := s.api.Reload(); err != nil {
		t.Fatal(err)
	}
	if who, err := ask(newClients.Issue("bob")); who != "bob" || err != nil {
		t.Errorf("got %q, %v, want bob", who, err)
	}
	if _, err := ask(oldClients.Issue("alice")); err == nil {
		t.Error("certificate of the former authority was accepted")
	}
}

func TestCertificatesThatCannotBeUsedStopTheStart(t *testing.T) {
	authority := pki.NewAuthority(t, "authority")
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
			authority.IssueTo("other", filepath.Join(t.TempDir(), "other.crt"), c.KeyFile)
		}, "server.tls.cert_file: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := encrypted(t, authority)
			c.change(t, &cfg.TLS)
			server, err := Listen(t.Context(), cfg, quiet)
			if err == nil {
				server.Close()
			}
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want an error that begins with %q", err, c.want)
			}
		})
	}
}
