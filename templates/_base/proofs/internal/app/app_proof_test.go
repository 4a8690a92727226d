package app

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/acme/sample-service/internal/logging"
)

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
