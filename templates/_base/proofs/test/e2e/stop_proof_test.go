//go:build !windows

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestNoRequestIsLostUnderLoad(t *testing.T) {
	p := start(t, t.TempDir(), settings{"server.drain_delay": "5s"})

	// Clients send without a pause until the balancer, which asks for
	// readiness, tells them to go elsewhere. Nothing is retried.
	const clients = 32
	var answered, closed atomic.Int64
	var busy sync.WaitGroup
	leave := make(chan struct{})
	for n := range clients {
		c := newClient(t, "http://"+p.api)
		draft := fmt.Sprintf(`{"owner":"client-%d","title":"Load","body":"x"}`, n)
		busy.Go(func() {
			for {
				a, err := c.try(http.MethodPost, "/v1/notes", draft)
				if err != nil || a.StatusCode != http.StatusCreated {
					t.Errorf("request was lost: %v %v", a.Response, err)
					return
				}
				answered.Add(1)
				if a.Close {
					closed.Add(1)
				}
				select {
				case <-leave:
					return
				default:
				}
			}
		})
	}
	eventually(t, "load", func() bool { return answered.Load() > 10*clients })

	p.signal(syscall.SIGTERM)
	balancer := newClient(t, "http://"+p.api)
	eventually(t, "readiness fails", func() bool {
		return balancer.ask(http.MethodGet, "/ready", "").StatusCode == http.StatusServiceUnavailable
	})
	atDrain := answered.Load()
	eventually(t, "requests while draining", func() bool { return answered.Load() > atDrain+clients })
	close(leave)
	busy.Wait()
	if code := p.exit(); code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
	if closed.Load() == 0 {
		t.Error("no client was asked to leave its connection")
	}
	logged := int64(0)
	for _, entry := range p.log {
		if entry["route"] == "/v1/notes" && entry["status"] == float64(http.StatusCreated) {
			logged++
		}
	}
	if logged != answered.Load() {
		t.Errorf("log has %d requests, clients count %d", logged, answered.Load())
	}
}

func TestForcedStopIsAFailure(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), settings{
		"server.request_timeout": "4s", "server.shutdown_timeout": "6s", "server.write_timeout": "1m",
	})
	c := newClient(t, "http://"+p.api)
	long := strings.Repeat("🗒", 20000) // 80 kB each
	for range 100 {
		c.ask(http.MethodPost, "/v1/notes", `{"owner":"ada","title":"Long","body":"`+long+`"}`).want(t, http.StatusCreated, nil)
	}

	// A client that requests much and reads nothing.
	stuck := dial(t, p.api)
	if err := stuck.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(stuck, strings.Repeat("GET /v1/notes?limit=100 HTTP/1.1\r\nHost: e2e\r\n\r\n", 50))
	// Once the buffers of the connection are full, one request is in flight for good. A busy machine needs up to a second
	// for a response that does not block.
	metrics, since := newClient(t, "http://"+p.metrics), time.Now()
	eventually(t, "a response blocks", func() bool {
		shown := metrics.ask(http.MethodGet, "/metrics", "").body
		if !strings.Contains(shown, `http_server_active_requests{http_request_method="GET",url_scheme="http"} 1`) {
			since = time.Now()
		}
		return time.Since(since) > 2*time.Second
	})

	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	if len(p.entries("stopped with an error", "level", "ERROR")) != 1 {
		t.Error("log has no error")
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	p := start(t, t.TempDir(), settings{"server.drain_delay": "5m", "server.shutdown_timeout": "6m"})
	p.signal(syscall.SIGTERM)
	p.await("draining", "", nil)
	eventually(t, "end", func() bool {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // one that comes too early counts as the first
		select {
		case <-p.ended:
			return true
		default:
			return false
		}
	})
	if code := p.exit(); code == 0 {
		t.Error("got exit code 0, want a failure")
	}
}

func TestOpenRequestsAreAnsweredBeforeExit(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), settings{"server.drain_delay": "5s"})
	c := newClient(t, "http://"+p.api)

	// A client that uploads slowly.
	draft := `{"owner":"ada","title":"Slow","body":"sent in two halves"}`
	upload := dial(t, p.api)
	fmt.Fprintf(upload, "POST /v1/notes HTTP/1.1\r\nHost: e2e\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		len(draft), draft[:20])
	metrics := newClient(t, "http://"+p.metrics)
	eventually(t, "upload has begun", func() bool {
		return strings.Contains(metrics.ask(http.MethodGet, "/metrics", "").body, `http_server_active_requests{http_request_method="POST",url_scheme="http"} 1`)
	})
	c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)

	p.signal(syscall.SIGTERM)
	p.await("draining", "", nil)
	a := c.ask(http.MethodGet, "/ready", "").want(t, http.StatusServiceUnavailable, nil)
	if a.Header.Get("Retry-After") == "" || !strings.Contains(a.body, `"draining":true`) {
		t.Errorf("got %s without Retry-After, want draining", a.body)
	}
	c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)
	if a := c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil); !a.Close {
		t.Error("answer while draining keeps the connection")
	}

	eventually(t, "connections are refused", func() bool {
		conn, err := net.Dial("tcp", p.api)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	metrics.ask(http.MethodGet, "/metrics", "").want(t, http.StatusOK, nil)

	if _, err := io.WriteString(upload, draft[20:]); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(upload), nil)
	if err != nil {
		t.Fatalf("request in flight was lost: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated || !res.Close {
		t.Errorf("got %s and close=%t, want 201 and the end of the connection", res.Status, res.Close)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
}

// dial opens a connection that fails after a while instead of hanging.
func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}
