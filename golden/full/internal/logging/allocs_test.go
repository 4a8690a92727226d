// The race detector makes pools forget at random, so that allocations cannot be counted with it.

//go:build !race

package logging

import (
	"io"
	"log/slog"
	"testing"

	"github.com/acme/billing-api/internal/request"
)

func TestLineAllocatesLittle(t *testing.T) {
	log := jsonLogger(t, io.Discard)
	ctx := request.With(t.Context(), &request.Record{ID: request.NewID()})
	got := testing.AllocsPerRun(1000, func() {
		log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("method", "GET"), slog.Int("status", 200))
	})
	if got > 1 {
		t.Errorf("got %v allocations for a line, want at most 1", got)
	}
}
