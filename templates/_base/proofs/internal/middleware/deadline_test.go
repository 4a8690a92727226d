package middleware

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/acme/sample-service/internal/problem"
)

func TestHandlerMayOutlastTheReadTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, testRouter{"/slow": {method: "POST", route: Route{Timeout: time.Minute}, serve: func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(40 * time.Second)
			if err := r.Context().Err(); err != nil {
				t.Errorf("got %v before the deadline of the route", err)
			}
			serveHello(w, r)
		}}}, defaultOptions())
		conn := dial(t.Context(), t, s)
		_, _ = io.WriteString(conn, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345")
		if resp, _ := readResponse(t, conn); resp.StatusCode != http.StatusOK {
			t.Errorf("got %d, want 200", resp.StatusCode)
		}
	})
}

func TestBrokenBodyIsTheFaultOfTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, testRouter{"/post": {method: "POST", serve: serveDrain}}, defaultOptions())
		conn := dial(t.Context(), t, s)
		go func() {
			_, _ = io.WriteString(conn, "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
		}()
		if resp, body := readResponse(t, conn); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d, want 400: %s", resp.StatusCode, body)
		}
	})
}

// pipeListener accepts connections in memory, so that a server can run in a synctest bubble, where
// time is simulated.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipeListener) Close() error { close(p.closed); return nil }

func (p *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns a connection to a server with the default time limits of the service. base is the
// parent of the contexts of requests.
func dial(base context.Context, t *testing.T, h http.Handler) net.Conn {
	t.Helper()
	l := &pipeListener{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	server := &http.Server{
		Handler: h, ReadTimeout: 15 * time.Second, WriteTimeout: 20 * time.Second,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	client, conn := net.Pipe()
	l.conns <- conn
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
		<-done
	})
	return client
}

// readResponse reads one response and its body.
func readResponse(t *testing.T, conn net.Conn) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestTimeoutOnAConnection(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	hiding := func(w http.ResponseWriter, r *http.Request) { // as drivers do
		<-r.Context().Done()
		problem.Write(w, r, problem.From(r.Context(), errors.New("connection lost")))
	}
	for _, tt := range []struct {
		name     string
		endpoint endpoint
		want     int
		after    time.Duration
	}{
		{"in time", endpoint{serve: work(14 * time.Second)}, 200, 14 * time.Second},
		{"too slow", endpoint{serve: work(16 * time.Second)}, 503, 15 * time.Second},
		{"no response", endpoint{serve: silent}, 503, 15 * time.Second},
		{"another error", endpoint{serve: hiding}, 503, 15 * time.Second},
		{"shorter by route", endpoint{route: Route{Timeout: time.Second}, serve: work(2 * time.Second)}, 503, time.Second},
		{"longer by route", endpoint{route: Route{Timeout: time.Minute}, serve: work(50 * time.Second)}, 200, 50 * time.Second},
		{"stream", endpoint{route: Route{Stream: true}, serve: work(time.Hour)}, 200, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newTestServer(t, testRouter{"/slow": tt.endpoint}, defaultOptions())
				conn := dial(t.Context(), t, s)
				start := time.Now()
				_, _ = io.WriteString(conn, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
				resp, body := readResponse(t, conn)
				if resp.StatusCode != tt.want || time.Since(start) != tt.after {
					t.Errorf("got %d after %s, want %d after %s", resp.StatusCode, time.Since(start), tt.want, tt.after)
				}
				if tt.want == 503 && !strings.Contains(body, `"code":"deadline_exceeded"`) {
					t.Errorf("got %s, want code deadline_exceeded", body)
				}
			})
		})
	}
}

func TestSlowBodyIsCutOff(t *testing.T) {
	for limit, route := range map[time.Duration]Route{
		15 * time.Second: {}, time.Minute: {Timeout: time.Minute}, time.Second: {Timeout: time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newTestServer(t, testRouter{"/post": {method: "POST", route: route, serve: serveDrain}}, defaultOptions())
			conn := dial(t.Context(), t, s)
			start := time.Now()
			_, _ = io.WriteString(conn, "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
			resp, body := readResponse(t, conn)
			if resp.StatusCode != http.StatusRequestTimeout || time.Since(start) != limit {
				t.Errorf("got %d after %s, want 408 after %s: %s", resp.StatusCode, time.Since(start), limit, body)
			}
		})
	}
}

// A client that sends its body slowly must not hold a request that is refused.
func TestRefusalDoesNotWaitForTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := defaultOptions()
		opts.config.MaxInFlight = 1
		started, finish := make(chan struct{}), make(chan struct{})
		s := newTestServer(t, testRouter{
			"/wait": {serve: func(http.ResponseWriter, *http.Request) { close(started); <-finish }},
			"/post": {method: "POST", serve: serveDrain},
		}, opts)
		go s.do(get("/wait"))
		<-started
		// A client that expects 100 has not sent its body, and must not be told to.
		for _, rest := range []string{"\r\n123", "Expect: 100-continue\r\n\r\n"} {
			conn := dial(t.Context(), t, s)
			start := time.Now()
			_, _ = io.WriteString(conn, "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"+rest)
			resp, body := readResponse(t, conn)
			if resp.StatusCode != http.StatusServiceUnavailable || time.Since(start) > discardTimeout {
				t.Errorf("got %d after %s, want 503 within %s: %s", resp.StatusCode, time.Since(start), discardTimeout, body)
			}
		}
		close(finish)
	})
}

// A response that cannot be sent has failed, unless the client left while there was time. The metrics distinguish a client
// that does not read from a service that is late.
func TestResponsesThatFailToArrive(t *testing.T) {
	leave := func(conn net.Conn) { _ = conn.Close() }
	leaveLater := func(conn net.Conn) { time.AfterFunc(16*time.Second, func() { _ = conn.Close() }) }
	stopReading := func(net.Conn) {}
	readSlowly := func(conn net.Conn) {
		go func() {
			for b := make([]byte, 1000); ; time.Sleep(time.Second) {
				if _, err := conn.Read(b); err != nil {
					return
				}
			}
		}()
	}
	late := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(30 * time.Second)
		serveHello(w, r)
	}
	slow := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(14 * time.Second)
		respond(200, document(100_000))(w, r)
	}
	// Its response begins in time, but its body is late.
	lateBody := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		late(w, r)
	}
	for _, tt := range []struct {
		name   string
		client func(net.Conn)
		serve  http.HandlerFunc
		status float64
		level  string
		kind   string // error.type
	}{
		{"the client leaves", leave, work(10 * time.Second), 499, "INFO", ""},
		{"the client leaves before the answer, after the deadline", leaveLater, late, 500, "ERROR", "undelivered"},
		{"the client reads slowly and leaves", leaveLater, respond(200, document(100_000)), 499, "INFO", ""},
		{"the client does not read", stopReading, refuse(http.StatusNotFound), 500, "ERROR", "unread"},
		{"the client does not read much", stopReading, respond(200, document(100_000)), 500, "ERROR", "unread"},
		{"the handler leaves the client little time", stopReading, slow, 500, "ERROR", "undelivered"},
		{"the handler is late", stopReading, late, 500, "ERROR", "undelivered"},
		{"the client reads slowly", readSlowly, respond(200, document(100_000)), 500, "ERROR", "unread"},
		{"the handler sends its body late", readSlowly, lateBody, 500, "ERROR", "undelivered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				meter, registry := newMeter(t)
				opts := defaultOptions()
				opts.meter = meter
				s := newTestServer(t, testRouter{"/ok": {serve: tt.serve}}, opts)
				conn := dial(t.Context(), t, s)
				_, _ = io.WriteString(conn, "GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
				tt.client(conn)
				time.Sleep(time.Minute)
				synctest.Wait()
				line := s.log.accessLine(t)
				failed := tt.status == 500
				if line["status"] != tt.status || line["level"] != tt.level {
					t.Errorf("got %v, want status %v at level %s", line, tt.status, tt.level)
				}
				if (line["undelivered"] == true) != failed || (line["error"] != nil) != failed {
					t.Errorf("got %v, want undelivered and an error: %t", line, failed)
				}
				for _, kind := range []string{"undelivered", "unread"} {
					count := scrape(t, registry, "http_server_request_duration_seconds_count", `error_type="`+kind+`"`)
					if count == 1 != (kind == tt.kind) {
						t.Errorf("got %v %s responses in the metrics, want %q", count, kind, tt.kind)
					}
				}
			})
		})
	}
}

func TestShutdownIsAnError(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, serve := range map[string]http.HandlerFunc{"error": work(time.Hour), "no response": silent} {
		synctest.Test(t, func(t *testing.T) {
			base, stop := context.WithCancelCause(t.Context())
			opts := defaultOptions()
			s := newTestServer(t, testRouter{"/ok": {route: Route{Timeout: time.Hour}, serve: serve}}, opts)
			conn := dial(base, t, s)
			_, _ = io.WriteString(conn, "GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
			time.AfterFunc(time.Second, func() { stop(problem.ErrShuttingDown) })
			resp, body := readResponse(t, conn)
			refused := resp.StatusCode == http.StatusServiceUnavailable && strings.Contains(body, `"code":"shutting_down"`)
			if !refused || resp.Header.Get("Retry-After") == "" {
				t.Errorf("%s: got %d %v %s, want 503 with Retry-After", name, resp.StatusCode, resp.Header, body)
			}
			synctest.Wait()
			if line := s.log.accessLine(t); line["status"] != 503.0 || line["level"] != "ERROR" {
				t.Errorf("%s: got %v, want an error with status 503", name, line)
			}
		})
	}
}

// refuse sends a problem.
func refuse(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { problem.Write(w, r, problem.New(status, "", "")) }
}
