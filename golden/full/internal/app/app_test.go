package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acme/billing-api/internal/config"
	"github.com/acme/billing-api/internal/logging"
	_ "github.com/acme/billing-api/test/cleanenv"
	"github.com/acme/billing-api/test/postgrestest"
)

// Package signal keeps one goroutine for the rest of the process.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"))
}

// patience is how long a test waits for a condition.
const patience = 10 * time.Second

// load returns settings with free ports of this machine.
func load(t *testing.T, set ...string) *config.Loaded {
	t.Helper()
	sources := config.Sources{Set: append([]string{
		"server.bind=127.0.0.1", "server.port=0", "metrics.bind=127.0.0.1", "metrics.port=0",
	}, set...)}
	sources.Environ = append(sources.Environ, "BILLING_API_DATABASE__URL="+postgrestest.New(t))
	loaded, err := config.Load(sources)
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
