package httpserver

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// serveMetered is like serve, with a meter.
func serveMetered(t *testing.T, cfg Config, handler http.Handler, meter metric.Meter) *service {
	t.Helper()
	api, err := Listen(t.Context(), cfg, meter, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, cfg, api, handler)
}

func TestListenNamesTheSettingsOfATakenAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := testConfig()
	cfg.Port = taken.Addr().(*net.TCPAddr).Port
	if _, err := Listen(t.Context(), cfg, noop.Meter{}, quiet); err == nil || !strings.HasPrefix(err.Error(), "server.bind, server.port: ") {
		t.Errorf("api: got %v, want an error of server.port", err)
	}
	if _, err := ListenInternal(t.Context(), "metrics", cfg.Bind, cfg.Port, quiet); err == nil || !strings.HasPrefix(err.Error(), "metrics.bind, metrics.port: ") {
		t.Errorf("metrics: got %v, want an error of metrics.port", err)
	}
}

func TestSlowHeadersAreCutOff(t *testing.T) {
	cfg := testConfig()
	cfg.ReadHeaderTimeout = 50 * time.Millisecond
	s := serve(t, cfg, hello)
	conn, err := net.Dial("tcp", s.api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost:")
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("got %v, want the end of the connection", err)
	}
}

// A client that does not read its responses must leave most of http.max_in_flight, by default 100, to others.
func TestOneHTTP2ConnectionHasFewStreams(t *testing.T) {
	s := serve(t, testConfig(), hello)
	conn, err := net.Dial("tcp", s.api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	const settings, maxConcurrentStreams = 4, 3 // RFC 9113, section 6.5
	emptySettings := string([]byte{0, 0, 0, settings, 0, 0, 0, 0, 0})
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+emptySettings); err != nil {
		t.Fatal(err)
	}
	header := make([]byte, 9)
	if _, err := io.ReadFull(conn, header); err != nil || header[3] != settings {
		t.Fatalf("got the frame header %v, %v, want SETTINGS", header, err)
	}
	payload := make([]byte, int(header[0])<<16|int(header[1])<<8|int(header[2]))
	if _, err := io.ReadFull(conn, payload); err != nil {
		t.Fatal(err)
	}
	for ; len(payload) >= 6; payload = payload[6:] {
		if binary.BigEndian.Uint16(payload) == maxConcurrentStreams {
			if got := binary.BigEndian.Uint32(payload[2:]); got > 25 {
				t.Errorf("got %d streams, want at most 25", got)
			}
			return
		}
	}
	t.Error("the server does not limit the streams of a connection")
}

func TestEveryListenerHasTimeouts(t *testing.T) {
	s := serve(t, testConfig(), hello)
	for _, server := range []*Server{s.api, s.internal} {
		h := server.http
		if h.ReadHeaderTimeout <= 0 || h.ReadTimeout <= 0 || h.WriteTimeout <= 0 || h.IdleTimeout <= 0 || h.MaxHeaderBytes <= 0 {
			t.Errorf("%s: got %v %v %v %v %v, want all above 0", server.name, h.ReadHeaderTimeout, h.ReadTimeout, h.WriteTimeout, h.IdleTimeout, h.MaxHeaderBytes)
		}
	}
}
