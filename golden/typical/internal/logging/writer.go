package logging

import (
	"io"
	"sync"
	"time"
)

// maxPending bounds the lines that wait to be written, in bytes. Whoever logs more than the output takes is held up then,
// as it would be by the output itself: no line is dropped.
const maxPending = 1 << 20

// pace is the least time from one write to the next.
const pace = time.Millisecond

// Writer hands lines to an output from a goroutine of its own. The first line after a while is written at once; what is
// logged within the next millisecond leaves together, in one call. To a busy service the calls would cost more than the
// lines. A process that is killed loses what it logged in its last millisecond.
type Writer struct {
	out  io.Writer
	done chan struct{}

	mu      sync.Mutex
	changed sync.Cond // pending or closed has changed
	pending []byte
	closed  bool
}

// NewWriter returns a writer to out. Close ends its goroutine.
func NewWriter(out io.Writer) *Writer {
	w := &Writer{out: out, done: make(chan struct{})}
	w.changed.L = &w.mu
	go w.run()
	return w
}

// Write implements io.Writer. It copies p, which is whole lines, and never returns an error: a log that cannot be written
// has nowhere to report that.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pending) >= maxPending && !w.closed {
		w.changed.Wait()
	}
	if w.closed { // the last words of a goroutine that outlives the service
		w.mu.Unlock()
		<-w.done // behind what is still pending
		w.mu.Lock()
		_, _ = w.out.Write(p)
		return len(p), nil
	}
	if len(w.pending) == 0 { // otherwise run knows already
		w.changed.Broadcast()
	}
	w.pending = append(w.pending, p...)
	return len(p), nil
}

// Close returns when everything that was logged before is written. What comes later is written directly.
func (w *Writer) Close() {
	w.mu.Lock()
	w.closed = true
	w.changed.Broadcast()
	w.mu.Unlock()
	<-w.done
}

// run writes what is pending until the writer is closed and nothing is left.
func (w *Writer) run() {
	defer close(w.done)
	var batch []byte
	for {
		w.mu.Lock()
		for len(w.pending) == 0 && !w.closed {
			w.changed.Wait()
		}
		if len(w.pending) == 0 {
			w.mu.Unlock()
			return
		}
		batch, w.pending = w.pending, batch[:0]
		w.changed.Broadcast() // there is room again
		w.mu.Unlock()
		_, _ = w.out.Write(batch)
		time.Sleep(pace)
	}
}
