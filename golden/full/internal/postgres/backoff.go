package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// The pause after a failed attempt to connect doubles from backoffMinimum to backoffMaximum. Up to half of it is taken
// off at random, so that instances do not reconnect all at once.
const (
	backoffMinimum = 100 * time.Millisecond
	backoffMaximum = 2 * time.Second
)

// errBackoff is the error for a caller who needs a new connection during a pause. It wraps the last failure.
var errBackoff = errors.New("waiting before the next attempt to connect")

// backoff limits how often the pool tries to connect while the server is down. It never gives up.
type backoff struct {
	mu       sync.Mutex
	failures int
	last     error
	until    time.Time
}

// allow returns an error during a pause.
func (b *backoff) allow() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Now().Before(b.until) {
		return fmt.Errorf("%w: %w", errBackoff, b.last)
	}
	return nil
}

// TraceConnectStart implements pgx.ConnectTracer.
func (b *backoff) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return ctx
}

// TraceConnectEnd implements pgx.ConnectTracer. A connection is a success only after its session is set up.
func (b *backoff) TraceConnectEnd(_ context.Context, end pgx.TraceConnectEndData) {
	if end.Err != nil {
		b.failed(end.Err)
	}
}

// succeeded ends the pauses.
func (b *backoff) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.last, b.until = 0, nil, time.Time{}
}

// failed begins a pause. It ignores the failures of attempts that began before the pause.
func (b *backoff) failed(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Before(b.until) {
		return
	}
	pause := min(backoffMinimum<<min(b.failures, 10), backoffMaximum)
	b.failures++
	b.last = err
	b.until = now.Add(pause - rand.N(pause/2)) //nolint:gosec // jitter needs no secure random numbers
}
