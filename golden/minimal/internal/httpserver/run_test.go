package httpserver

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/acme/billing-api/internal/problem"
)

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

func TestListenerThatFailsStopsTheOther(t *testing.T) {
	for _, name := range []string{"api", "metrics"} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, testConfig(), hello)
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
