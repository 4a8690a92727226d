package reload

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// Package signal keeps one goroutine for the rest of the process.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"))
}

// start runs a loop without signals, which have no place in a bubble of synctest.
func start(t *testing.T, l *Loop) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
	})
}

func newLoop() *Loop {
	return &Loop{log: slog.New(slog.DiscardHandler), signals: make(chan os.Signal, 1)}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestChangedContentIsLoadedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cert.pem")
	write(t, path, "one")
	synctest.Test(t, func(t *testing.T) {
		l := newLoop()
		var loads int
		l.Add("certificates", []string{path}, func() error { loads++; return nil })
		start(t, l)

		rounds(3)
		if loads != 0 {
			t.Errorf("unchanged file was loaded %d times, want never", loads)
		}
		write(t, path, "two")
		rounds(3)
		if loads != 1 {
			t.Errorf("changed file was loaded %d times, want once", loads)
		}
	})
}

func TestSignalReloadsEverything(t *testing.T) {
	process, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	l := New(slog.New(slog.DiscardHandler))
	defer l.Close()
	loaded := make(chan string, 2)
	for _, name := range []string{"settings", "certificates"} {
		l.Add(name, nil, func() error { loaded <- name; return nil })
	}
	start(t, l)
	if err := process.Signal(syscall.SIGHUP); err != nil {
		t.Skipf("no SIGHUP here: %v", err)
	}
	for _, want := range []string{"settings", "certificates"} {
		select {
		case got := <-loaded:
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("SIGHUP reloaded nothing")
		}
	}
}

// rounds waits for n turns of the loop.
func rounds(n int) {
	time.Sleep(time.Duration(n)*interval + time.Millisecond)
	synctest.Wait()
}
