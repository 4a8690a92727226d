package httpserver

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

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

func TestReloadKeepsTheLastGoodPairAfterEveryFault(t *testing.T) {
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

	authority.issueTo("second", cfg.TLS.CertFile, cfg.TLS.KeyFile)
	if err := s.api.Reload(); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	shown("second")
}
