package middleware

import (
	"context"
	"sync"
	"time"
)

// deadline is the context of a request that may take until at. It is what context.WithDeadline returns, except that its
// timer is set when somebody first waits for Done: most requests are answered without waiting for anything, and the timer
// and its place in the tree of contexts would be a tenth of what such a request costs.
type deadline struct {
	context.Context // of the request, until then
	at              time.Time

	mu       sync.Mutex
	timed    context.Context // nil until somebody waits
	cancel   context.CancelFunc
	released bool
}

// withDeadline returns a context that ends at the time given, with parent, or when the function is called, which it must be.
func withDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	d := &deadline{Context: parent, at: at}
	return d, d.release
}

// Deadline implements context.Context.
func (d *deadline) Deadline() (time.Time, bool) {
	if at, ok := d.Context.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

// Done implements context.Context.
func (d *deadline) Done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.arm()
	return d.timed.Done()
}

// arm makes the context that says from now on whether and why this one has ended.
func (d *deadline) arm() {
	if d.timed != nil {
		return
	}
	d.timed, d.cancel = context.WithDeadline(d.Context, d.at)
	if d.released {
		d.cancel()
	}
}

// Err implements context.Context.
func (d *deadline) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed == nil {
		if d.Context.Err() == nil && !d.released && time.Now().Before(d.at) {
			return nil
		}
		d.arm() // a reason that was told once does not change
	}
	return d.timed.Err()
}

// Value implements context.Context. A context that is derived from this one finds that of the timer here, which then ends
// it without a goroutine in between.
func (d *deadline) Value(key any) any {
	d.mu.Lock()
	from := d.timed
	d.mu.Unlock()
	if from == nil {
		from = d.Context
	}
	return from.Value(key)
}

// release ends what was derived from the context and still waits.
func (d *deadline) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.released = true
	if d.timed != nil {
		d.cancel()
	}
}
