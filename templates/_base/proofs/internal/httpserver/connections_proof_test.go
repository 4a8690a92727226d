package httpserver

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestConnectionsFromBeforeAReloadAreClosed(t *testing.T) {
	authority := newAuthority(t, "authority")
	cfg := encrypted(t, authority)
	cfg.TLS.ClientCAFile = filepath.Join(t.TempDir(), "clients.crt")
	authority.writeTo(cfg.TLS.ClientCAFile)
	s := serve(t, cfg, hello)
	client, transport := newClient(t)
	transport.TLSClientConfig = &tls.Config{RootCAs: authority.pool()}
	url := "https://" + s.api.Addr().String()
	get(t, client, url)
	if err := s.api.Reload(); err != nil {
		t.Fatal(err)
	}
	if res, _ := get(t, client, url); !res.Close {
		t.Error("a connection from before the reload stays open")
	}
	if res, _ := get(t, client, url); res.Close {
		t.Error("a connection from after the reload is closed")
	}
}

func TestRefusalsBelowTheHandlerAreCounted(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
	plain := serveMetered(t, testConfig(), hello, meter).api.Addr().String()
	encrypted := serveMetered(t, encrypted(t, newAuthority(t, "authority")), hello, meter).api.Addr().String()
	for _, c := range []struct{ addr, send string }{
		{plain, "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"},
		{plain, "GET / HTTP/3.0\r\nHost: x\r\n\r\n"},
		{plain, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"}, // served
		{encrypted, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
	} {
		conn, err := net.Dial("tcp", c.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(conn, c.send)
		_, _ = io.ReadAll(conn)
		conn.Close()
	}
	want := map[string]int64{"malformed_request": 2, "tls_handshake": 1}
	eventually(t, "each refusal is counted", func() bool { return maps.Equal(counts(t, reader), want) })
}

// While the service drains, its requests are served like before.
func TestServedConnectionsAreNotRefusedWhileDraining(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	cfg := testConfig()
	cfg.DrainDelay = time.Second
	s := serveMetered(t, cfg, hello, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test"))
	s.stop()
	await(t, s.drained, "drain")
	client, _ := newClient(t)
	get(t, client, "http://"+s.api.Addr().String())
	if err := s.end(t); err != nil {
		t.Fatal(err)
	}
	if got := counts(t, reader); len(got) > 0 {
		t.Errorf("got refusals %v of a connection that was served", got)
	}
}

// Port scanners cause failed handshakes all day.
func TestRefusedHandshakesAreLoggedAtDebugOnly(t *testing.T) {
	var out bytes.Buffer
	c, err := newConnections(0, noop.Meter{}, slog.New(slog.NewTextHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "http: TLS handshake error from 192.0.2.1:1234: EOF\n")
	if out.Len() > 0 {
		t.Errorf("got %s, want nothing at level info", &out)
	}
	_, _ = io.WriteString(c, "http: panic serving 192.0.2.1:1234\n")
	if got := out.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "panic serving") {
		t.Errorf("got %s, want a warning", got)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: did not happen within %s", what, patience)
		}
	}
}

func counts(t *testing.T, reader sdkmetric.Reader) map[string]int64 {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "http.server.connections.refused" {
				for _, p := range sum.DataPoints {
					reason, _ := p.Attributes.Value("reason")
					got[reason.AsString()] = p.Value
				}
			}
		}
	}
	return got
}
