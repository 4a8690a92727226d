package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/acme/billing-api/internal/config"
	"github.com/acme/billing-api/internal/logging"
	_ "github.com/acme/billing-api/test/cleanenv"
)

// Package signal keeps one goroutine for the rest of the process.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"))
}

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

// load returns settings that need nothing of the machine but the dependencies.
func load(t *testing.T, set ...string) *config.Loaded {
	t.Helper()
	loaded, err := config.Load(config.Sources{Environ: dependencies(t), Set: append([]string{
		"server.bind=127.0.0.1", "server.port=0", "metrics.bind=127.0.0.1", "metrics.port=0",
	}, set...)})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// logged is a log whose lines can be waited for.
type logged struct {
	mu    sync.Mutex
	lines []map[string]any
}

func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for part := range bytes.Lines(line) {
		entry := make(map[string]any)
		if err := json.Unmarshal(part, &entry); err != nil {
			return 0, err
		}
		l.lines = append(l.lines, entry)
	}
	return len(line), nil
}

// address returns the address of a listener, empty as long as it does not listen.
func (l *logged) address(listener string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, entry := range l.lines {
		if entry["msg"] == "listening" && entry["listener"] == listener {
			return entry["addr"].(string)
		}
	}
	return ""
}

func TestServiceRunsUntilItIsToldToStop(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := new(logged)
	ended := make(chan error, 1)
	settings := load(t)
	go func() {
		ended <- Run(ctx, settings, slog.New(slog.NewJSONHandler(out, nil)), new(slog.LevelVar), logging.NewOutput(io.Discard))
	}()

	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); out.address("api") == "" || out.address("metrics") == ""; <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatal("service does not listen")
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	ask := func(listener, path string) string {
		t.Helper()
		res, err := client.Get("http://" + out.address(listener) + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s %s: got %s, %v, want 200", listener, path, res.Status, err)
		}
		return string(body)
	}

	// A process that hangs must be able to fail its liveness probe.
	var live struct{ Checks map[string]any }
	if err := json.Unmarshal([]byte(ask("api", "/health")), &live); err != nil || len(live.Checks) == 0 {
		t.Errorf("got %v, %v, want at least one liveness check", live, err)
	}
	ask("api", "/ready")
	ask("api", "/v1/notes")
	ask("metrics", "/metrics")

	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("got %v, want nil", err)
		}
	case <-time.After(patience):
		t.Fatal("service does not end")
	}
}

func TestStartThatFailsLeavesNothingOpen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(address)
	_, takenPort, _ := net.SplitHostPort(taken.Addr().String())

	settings := load(t, "server.port="+port, "metrics.port="+takenPort)
	err = Run(t.Context(), settings, slog.New(slog.DiscardHandler), new(slog.LevelVar), logging.NewOutput(io.Discard))
	if err == nil || !strings.Contains(err.Error(), "metrics.port") {
		t.Errorf("got %v, want an error of metrics.port", err)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("the listener of the API is still open")
	}
}

func TestShutdownContextEndsAfterTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		end, cancel := shutdownContext(ctx, 25*time.Second)
		defer cancel()
		time.Sleep(time.Hour)
		stop()
		began := time.Now()
		<-end.Done()
		if got := time.Since(began); got != 25*time.Second {
			t.Errorf("the end came %s after the signal, want 25s", got)
		}
	})
}
