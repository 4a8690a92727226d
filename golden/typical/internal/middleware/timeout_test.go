package middleware

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"git.example.org/shop/orders/v2/internal/problem"
)

// pipes is a listener whose connections are pipes in memory, so that a server can be run inside a synctest bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns a connection to a server that serves h with the timeouts that the service has by default.
func dial(t *testing.T, h http.Handler) net.Conn {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	server := &http.Server{Handler: h, ReadTimeout: 15 * time.Second, WriteTimeout: 20 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends with the test
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

// answer reads one response and its body.
func answer(t *testing.T, conn net.Conn) (*http.Response, string) {
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

// waitFor blocks until d has passed or the request ends.
func waitFor(d time.Duration, r *http.Request) error {
	select {
	case <-time.After(d):
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

func TestDeadline(t *testing.T) {
	slow := func(d time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if err := waitFor(d, r); err != nil {
				problem.Write(w, r, problem.From(r.Context(), fmt.Errorf("store: %w", err)))
				return
			}
			hello(w, r)
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { _ = waitFor(time.Hour, r) }
	// What drivers do: an error that does not say that the deadline was the reason.
	driver := func(w http.ResponseWriter, r *http.Request) {
		_ = waitFor(time.Hour, r)
		problem.Write(w, r, problem.From(r.Context(), errors.New("connection lost")))
	}
	for _, tt := range []struct {
		name string
		page page
		want int
		at   time.Duration
	}{
		{"in time", page{serve: slow(14 * time.Second)}, 200, 14 * time.Second},
		{"too slow", page{serve: slow(16 * time.Second)}, 503, 15 * time.Second},
		{"without an answer", page{serve: silent}, 503, 15 * time.Second},
		{"with another error", page{serve: driver}, 503, 15 * time.Second},
		{"shorter by route", page{route: Route{Timeout: time.Second}, serve: slow(2 * time.Second)}, 503, time.Second},
		{"longer by route, past the server's limits", page{route: Route{Timeout: time.Minute}, serve: slow(50 * time.Second)}, 200, 50 * time.Second},
		{"stream", page{route: Route{Stream: true}, serve: slow(time.Hour)}, 200, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := standOf(t, site{"/slow": tt.page}, defaults())
				conn := dial(t, s)
				start := time.Now()
				_, _ = io.WriteString(conn, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
				resp, body := answer(t, conn)
				if resp.StatusCode != tt.want || time.Since(start) != tt.at {
					t.Errorf("got %d after %s, want %d after %s", resp.StatusCode, time.Since(start), tt.want, tt.at)
				}
				if tt.want == 503 && !strings.Contains(body, `"code":"deadline_exceeded"`) {
					t.Errorf("got %s, want code deadline_exceeded", body)
				}
				synctest.Wait()
				if line := s.log.one(t); line["status"] != float64(tt.want) {
					t.Errorf("logged %v, want status %d", line, tt.want)
				}
			})
		})
	}
}

func TestSlowBodyIsCutOff(t *testing.T) {
	for _, tt := range []struct {
		name  string
		route Route
		at    time.Duration
	}{
		{"usual", Route{}, 15 * time.Second},
		{"longer by route", Route{Timeout: time.Minute}, time.Minute},
		{"shorter by route", Route{Timeout: time.Second}, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := standOf(t, site{"/slow": {method: "POST", route: tt.route, serve: readAll}}, defaults())
				conn := dial(t, s)
				start := time.Now()
				_, _ = io.WriteString(conn, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
				resp, body := answer(t, conn)
				if resp.StatusCode != http.StatusRequestTimeout || !strings.Contains(body, `"code":"request_timeout"`) || time.Since(start) != tt.at {
					t.Errorf("got %d after %s: %s", resp.StatusCode, time.Since(start), body)
				}
			})
		})
	}
}

func TestHandlerMayOutlastTheReadingOfItsBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := standOf(t, site{"/slow": {method: "POST", route: Route{Timeout: time.Minute}, serve: func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if err := waitFor(40*time.Second, r); err != nil {
				t.Errorf("got %v", err)
			}
			hello(w, r)
		}}}, defaults())
		conn := dial(t, s)
		_, _ = io.WriteString(conn, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345")
		if resp, _ := answer(t, conn); resp.StatusCode != http.StatusOK {
			t.Errorf("got %d, want 200", resp.StatusCode)
		}
	})
}

func TestBrokenBodyIsTheCallersFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := standOf(t, site{"/post": {method: "POST", serve: readAll}}, defaults())
		conn := dial(t, s)
		go func() {
			_, _ = io.WriteString(conn, "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
		}()
		if resp, body := answer(t, conn); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d, want 400: %s", resp.StatusCode, body)
		}
	})
}
