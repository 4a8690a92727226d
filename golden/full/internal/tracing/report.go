package tracing

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// reportEvery is the time between two lines about what cannot be sent. A collector
// that is down is down for a while, and fails every few seconds.
const reportEvery = time.Minute

// reporter writes the errors of OpenTelemetry into the log of the service.
type reporter struct {
	log *slog.Logger

	mu         sync.Mutex
	last       time.Time
	suppressed int
}

// Handle implements otel.ErrorHandler.
func (r *reporter) Handle(err error) {
	r.mu.Lock()
	now := time.Now()
	if !r.last.IsZero() && now.Sub(r.last) < reportEvery {
		r.suppressed++
		r.mu.Unlock()
		return
	}
	suppressed := r.suppressed
	r.last, r.suppressed = now, 0
	r.mu.Unlock()
	r.log.LogAttrs(context.Background(), slog.LevelWarn, "telemetry fails",
		slog.Any("error", err), slog.Int("suppressed", suppressed))
}
