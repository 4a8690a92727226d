//go:build !windows

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOpenRequestsAreAnsweredBeforeExit(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), settings{"server.drain_delay": "1s"})
	c := newClient(t, "http://"+p.api, nil)

	// A client that uploads slowly.
	draft := `{"owner":"ada","title":"Slow","body":"sent in two halves"}`
	upload := dial(t, p.api)
	fmt.Fprintf(upload, "POST /v1/notes HTTP/1.1\r\nHost: e2e\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		len(draft), draft[:20])
	metrics := newClient(t, "http://"+p.metrics, nil)
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
