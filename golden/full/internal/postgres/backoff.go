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

// How long nobody tries to connect after a failure: each time twice as long,
// up to the longest, and a random part less, so that the instances of a service
// do not come back all at once.
const (
	backoffShortest = 100 * time.Millisecond
	backoffLongest  = 2 * time.Second
)

// errBackoff is what a caller gets who would have needed a new connection
// while nobody tries. It wraps what went wrong last.
var errBackoff = errors.New("the next attempt to connect is not due yet")

// backoff keeps attempts to connect apart while a server is down. It never
// gives up: the first caller after the pause tries again.
type backoff struct {
	mu       sync.Mutex
	failures int
	last     error
	until    time.Time
}

// allow returns an error while a pause lasts.
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

// TraceConnectEnd implements pgx.ConnectTracer: it learns how an attempt ended.
func (b *backoff) TraceConnectEnd(_ context.Context, end pgx.TraceConnectEndData) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	switch {
	case end.Err == nil:
		b.failures, b.last, b.until = 0, nil, time.Time{}
	case now.Before(b.until): // it began together with the one that failed first
	default:
		pause := min(backoffShortest<<min(b.failures, 10), backoffLongest)
		b.failures++
		b.last = end.Err
		b.until = now.Add(pause - rand.N(pause/2)) //nolint:gosec // spreads load, keeps no secret
	}
}
