package httpserver

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func TestHTTP2ClientsAreSentAwayWhileDraining(t *testing.T) {
	cfg := testConfig()
	cfg.DrainDelay = 2 * time.Second
	s := serve(t, cfg, hello)
	client, transport := newClient(t)
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetUnencryptedHTTP2(true)
	dials := 0
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials++
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	url := "http://" + s.api.Addr().String()
	get(t, client, url)
	s.stop()
	await(t, s.drained, "drain")
	for deadline := time.Now().Add(patience); dials < 2; {
		if time.Now().After(deadline) {
			t.Fatal("client stays on its connection")
		}
		get(t, client, url)
	}
}

func TestHandlersThatIgnoreTheirContextAreCutOff(t *testing.T) {
	cfg := testConfig()
	cfg.RequestTimeout, cfg.ShutdownTimeout = 50*time.Millisecond, cancelGrace+100*time.Millisecond
	begun, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	s := serve(t, cfg, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-release
	}))
	conn, err := net.Dial("tcp", s.api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	await(t, begun, "request")
	s.stop()
	if err := s.end(t); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is still open")
	}
}

func TestEveryRequestReachesTheHandler(t *testing.T) {
	s := serve(t, testConfig(), hello)
	conn, err := net.Dial("tcp", s.api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if got, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(got), "HTTP/1.1") {
		t.Errorf("got %q, %v, want the answer of the handler", got, err)
	}
}

func TestListenerThatFailsStopsTheOther(t *testing.T) {
	for _, name := range []string{"api", "metrics"} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			cfg.DrainDelay, cfg.ShutdownTimeout = time.Minute, 2*time.Minute // nobody waits for load balancers
			s := serve(t, cfg, hello)
			dying := map[string]*Server{"api": s.api, "metrics": s.internal}[name]
			_ = dying.listener.Close()
			if err := s.end(t); err == nil || !strings.Contains(err.Error(), "listener "+name+": ") {
				t.Errorf("got %v, want an error of listener %s", err, name)
			}
			await(t, s.drained, "drain")
			for _, server := range []*Server{s.api, s.internal} {
				if conn, err := net.Dial("tcp", server.Addr().String()); err == nil {
					conn.Close()
					t.Errorf("listener %s is still open", server.name)
				}
			}
		})
	}
}

// An open stream neither delays the shutdown nor makes it fail.
func TestStreamsEndAfterTheDrainDelay(t *testing.T) {
	cfg := testConfig()
	cfg.DrainDelay = 500 * time.Millisecond
	begun, ending := make(chan struct{}), make(chan struct{})
	s := serve(t, cfg, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		close(begun)
		<-ending
	}))
	s.api.OnDrained(func() { close(ending) })
	res, err := http.Get("http://" + s.api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	await(t, begun, "request")
	s.stop()
	await(t, s.drained, "drain")
	select {
	case <-ending:
		t.Error("the stream ended before the drain delay was over")
	default:
	}
	if err := s.end(t); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}
