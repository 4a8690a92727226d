package httpserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"

	"github.com/acme/billing-api/internal/problem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for a condition.
const patience = 10 * time.Second

var quiet = slog.New(slog.DiscardHandler)

// testConfig returns a valid configuration with short time limits.
func testConfig() Config {
	return Config{
		Bind:              "127.0.0.1",
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       10 * time.Second,
		RequestTimeout:    5 * time.Second,
		ShutdownTimeout:   10 * time.Second,
		MaxHeaderBytes:    16 << 10,
		TLS:               TLSConfig{MinVersion: "1.2"},
	}
}

// service runs both listeners in a test.
type service struct {
	api, internal *Server
	drained       chan struct{} // closed when Run drains
	stop          context.CancelFunc
	ended         chan error
}

func serve(t *testing.T, cfg Config, handler http.Handler) *service {
	t.Helper()
	if errs := cfg.Validate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	api, err := Listen(t.Context(), cfg, noop.Meter{}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, cfg, api, handler)
}

// run serves the handler at the listener of the API, beside an internal listener.
func run(t *testing.T, cfg Config, api *Server, handler http.Handler) *service {
	t.Helper()
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

// The certificate is that of a server of package httptest. It is valid for 127.0.0.1.
func TestHTTP2OverTLS(t *testing.T) {
	source := httptest.NewTLSServer(nil)
	defer source.Close()
	pair := source.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig()
	cfg.TLS.CertFile, cfg.TLS.KeyFile = filepath.Join(t.TempDir(), "tls.crt"), filepath.Join(t.TempDir(), "tls.key")
	writePEM(t, cfg.TLS.CertFile, "CERTIFICATE", pair.Certificate[0])
	writePEM(t, cfg.TLS.KeyFile, "PRIVATE KEY", key)

	s := serve(t, cfg, hello)
	client, transport := newClient(t)
	roots := x509.NewCertPool()
	roots.AddCert(source.Certificate())
	transport.TLSClientConfig, transport.ForceAttemptHTTP2 = &tls.Config{RootCAs: roots}, true
	if _, body := get(t, client, "https://"+s.api.Addr().String()); body != "HTTP/2.0" {
		t.Errorf("got %s, want HTTP/2.0", body)
	}
}

func writePEM(t testing.TB, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRequestsAreServedWhileDrainingAndOpenOnesFinish(t *testing.T) {
	cfg := testConfig()
	cfg.DrainDelay = 2 * time.Second
	begun, release := make(chan struct{}), make(chan struct{})
	s := serve(t, cfg, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(begun)
			<-release
		}
		_, _ = io.WriteString(w, "answered")
	}))
	url := "http://" + s.api.Addr().String()

	// One request is open throughout.
	slow := make(chan string, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
		res, err := client.Get(url + "/slow")
		if err != nil {
			slow <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		slow <- string(body)
	}()
	await(t, begun, "slow request")
	client, _ := newClient(t)
	if res, _ := get(t, client, url); res.Close {
		t.Error("answer before the signal closes the connection")
	}

	s.stop()
	await(t, s.drained, "drain")
	if res, body := get(t, client, url); body != "answered" || !res.Close {
		t.Errorf("while draining: got %q and close=%t, want an answer that closes the connection", body, res.Close)
	}

	refused := make(chan struct{})
	go func() {
		defer close(refused)
		for {
			conn, err := net.Dial("tcp", s.api.Addr().String())
			if err != nil {
				return
			}
			conn.Close()
			time.Sleep(10 * time.Millisecond)
		}
	}()
	await(t, refused, "refusal of connections")
	if conn, err := net.Dial("tcp", s.internal.Addr().String()); err != nil {
		t.Errorf("internal listener is gone before the last request: %v", err)
	} else {
		conn.Close()
	}

	close(release)
	if got := <-slow; got != "answered" {
		t.Errorf("open request: got %q, want its answer", got)
	}
	if err := s.end(t); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestOpenRequestsAreAnsweredAtTheEndOfTheShutdown(t *testing.T) {
	cfg := testConfig()
	cfg.RequestTimeout, cfg.ShutdownTimeout = 50*time.Millisecond, cancelGrace+100*time.Millisecond
	begun := make(chan struct{})
	s := serve(t, cfg, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		_, _ = io.WriteString(w, context.Cause(r.Context()).Error())
	}))
	answer := make(chan string, 1)
	client, _ := newClient(t)
	go func() {
		_, body := get(t, client, "http://"+s.api.Addr().String())
		answer <- body
	}()
	await(t, begun, "request")
	s.stop()
	if got, want := <-answer, problem.ErrShuttingDown.Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := s.end(t); !errors.Is(err, errCutOff) {
		t.Errorf("got %v, want %v", err, errCutOff)
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
