package httpserver

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

var quiet = slog.New(slog.DiscardHandler)

// service runs both listeners in a test.
type service struct {
	api, internal *Server
	drained       chan struct{} // closed when Run drains
	stop          context.CancelFunc
	ended         chan error
}

func serve(t *testing.T, cfg Config, handler http.Handler) *service {
	t.Helper()
	return serveMetered(t, cfg, handler, noop.Meter{})
}

func serveMetered(t *testing.T, cfg Config, handler http.Handler, meter metric.Meter) *service {
	t.Helper()
	if errs := cfg.Validate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	api, err := Listen(t.Context(), cfg, meter, quiet)
	if err != nil {
		t.Fatal(err)
	}
	internal, err := ListenInternal(t.Context(), "metrics", "127.0.0.1", 0, quiet)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{api: api, internal: internal, drained: make(chan struct{}), ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ended <- Run(ctx, cfg, func() { close(s.drained) }, Endpoint{api, handler}, Endpoint{internal, http.NotFoundHandler()})
	}()
	t.Cleanup(func() { stop(); <-done })
	return s
}

// end waits for the end of the service and returns its error.
func (s *service) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		t.Fatal("service does not end")
		return nil
	}
}

func await(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("%s did not happen", what)
	}
}

// newClient returns a client with connections of its own.
func newClient(t *testing.T) (*http.Client, *http.Transport) {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}, transport
}

func get(t *testing.T, client *http.Client, url string) (*http.Response, string) {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })

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

func TestHTTP1AndHTTP2WithoutTLS(t *testing.T) {
	s := serve(t, testConfig(), hello)
	client, _ := newClient(t)
	if _, body := get(t, client, "http://"+s.api.Addr().String()); body != "HTTP/1.1" {
		t.Errorf("got %s, want HTTP/1.1", body)
	}
	newer, transport := newClient(t)
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetUnencryptedHTTP2(true)
	if _, body := get(t, newer, "http://"+s.api.Addr().String()); body != "HTTP/2.0" {
		t.Errorf("got %s, want HTTP/2.0", body)
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

func TestEveryListenerHasTimeouts(t *testing.T) {
	s := serve(t, testConfig(), hello)
	for _, server := range []*Server{s.api, s.internal} {
		h := server.http
		if h.ReadHeaderTimeout <= 0 || h.ReadTimeout <= 0 || h.WriteTimeout <= 0 || h.IdleTimeout <= 0 || h.MaxHeaderBytes <= 0 {
			t.Errorf("%s: got %v %v %v %v %v, want all above 0", server.name, h.ReadHeaderTimeout, h.ReadTimeout, h.WriteTimeout, h.IdleTimeout, h.MaxHeaderBytes)
		}
	}
}

func TestOldConnectionsAreClosedAfterAResponse(t *testing.T) {
	cfg := testConfig()
	cfg.MaxConnectionAge = time.Second
	s := serve(t, cfg, hello)
	client, _ := newClient(t)
	url := "http://" + s.api.Addr().String()
	if res, _ := get(t, client, url); res.Close {
		t.Error("a new connection is closed")
	}
	time.Sleep(cfg.MaxConnectionAge)
	if res, _ := get(t, client, url); !res.Close {
		t.Error("an old connection stays open")
	}
}
