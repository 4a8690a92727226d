//go:build !windows

package e2e

import (
	"crypto/tls"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTLS(t *testing.T) {
	authority, clients := newAuthority(t, "authority"), newAuthority(t, "clients")
	dir := t.TempDir()
	certFile, keyFile, clientCAFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"), filepath.Join(dir, "clients.crt")
	authority.issueTo("first", certFile, keyFile)
	clients.writeTo(clientCAFile)
	p := start(t, dir, settings{
		"service.profile":      "production",
		"server.tls.cert_file": certFile, "server.tls.key_file": keyFile, "server.tls.client_ca_file": clientCAFile,
	})
	trust := &tls.Config{RootCAs: authority.pool()}
	known := trust.Clone()
	known.Certificates = []tls.Certificate{clients.issue("alice")}

	t.Run("only current versions", func(t *testing.T) {
		for version, want := range map[uint16]bool{
			tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true,
		} {
			if _, err := shake(t, p.api, authority, version); (err == nil) != want {
				t.Errorf("%s: got %v, want accepted=%t", tls.VersionName(version), err, want)
			}
		}
	})

	t.Run("HTTP/2 and HSTS", func(t *testing.T) {
		a := newTLSClient(t, p.api, known).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
		if a.ProtoMajor != 2 {
			t.Errorf("got %s, want HTTP/2", a.Proto)
		}
		if hsts := a.Header.Get("Strict-Transport-Security"); !strings.Contains(hsts, "max-age=63072000") {
			t.Errorf("got HSTS %q, want two years", hsts)
		}
	})

	t.Run("plaintext is refused", func(t *testing.T) {
		newClient(t, "http://"+p.api).ask(http.MethodGet, "/health", "").want(t, http.StatusBadRequest, nil)
	})

	t.Run("its end is shown to operators", func(t *testing.T) {
		metrics := newClient(t, "http://"+p.metrics).ask(http.MethodGet, "/metrics", "").want(t, http.StatusOK, nil).body
		if !strings.Contains(metrics, "\ntls_server_certificate_expiry_timestamp_seconds 1") {
			t.Errorf("metrics have no tls_server_certificate_expiry_timestamp_seconds")
		}
	})

	t.Run("client certificate for everything but the probes", func(t *testing.T) {
		unknown := newTLSClient(t, p.api, trust)
		unknown.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)
		unknown.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)
		for _, path := range []string{"/v1/notes", "/health/", "/nothing"} {
			var refusal struct{ Code string }
			unknown.ask(http.MethodGet, path, "").want(t, http.StatusForbidden, &refusal)
			if refusal.Code != "client_certificate_required" {
				t.Errorf("%s: got code %q", path, refusal.Code)
			}
		}
	})

	t.Run("SIGHUP brings the new certificate and keeps the last good one", func(t *testing.T) {
		shown := func(want string) {
			t.Helper()
			if name, err := shake(t, p.api, authority, tls.VersionTLS13); name != want {
				t.Errorf("got certificate %q, %v, want %q", name, err, want)
			}
		}
		shown("first")
		authority.issueTo("second", certFile, keyFile)
		p.signal(syscall.SIGHUP)
		p.await("reloaded", "source", "certificates")
		shown("second")
		authority.issueTo("half", certFile, filepath.Join(dir, "other.key"))
		p.signal(syscall.SIGHUP)
		p.await(reloadFailed, "source", "certificates")
		shown("second")
	})

	stop(t, p)
	if got := p.entries("TLS handshake failed", "", nil); len(got) > 0 {
		t.Errorf("log has the noise of %d handshakes", len(got))
	}
}

func TestCertificateThatCannotBeReadStopsTheStart(t *testing.T) {
	p := launch(t, t.TempDir(), settings{"server.tls.cert_file": "gone.crt", "server.tls.key_file": "gone.key"})
	if code := p.exit(); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	if len(p.entries("listening", "", nil)) > 0 {
		t.Error("service listens without a certificate")
	}
	failure := p.entries("stopped with an error", "level", "ERROR")
	if len(failure) != 1 || !strings.Contains(failure[0]["error"].(string), "server.tls.cert_file: ") {
		t.Errorf("got %v, want an error of server.tls.cert_file", failure)
	}
}

// newTLSClient is like newClient, over HTTP/2 with TLS.
func newTLSClient(t *testing.T, addr string, encryption *tls.Config) *client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: encryption, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	c := newClient(t, "https://"+addr)
	c.http.Transport = transport
	return c
}

// shake does a handshake in one version and returns the name of the server.
func shake(t *testing.T, addr string, authority *certAuthority, version uint16) (string, error) {
	t.Helper()
	dialer := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: 10 * time.Second},
		Config:    &tls.Config{RootCAs: authority.pool(), MinVersion: version, MaxVersion: version},
	}
	conn, err := dialer.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName, nil
}
