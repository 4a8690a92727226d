package tracing

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// queue holds spans until they are sent, and no more than its size: the
// processor inside drops silently what is too much, so it is never given that.
type queue struct {
	sdktrace.SpanProcessor
	size    int64
	waiting atomic.Int64
	sent    *counts
	over    chan struct{} // closed when what is still being sent is given up
	giveUp  func()
}

// newQueue returns a queue that hands spans to exporter in batches.
func newQueue(exporter sdktrace.SpanExporter, sent *counts) *queue {
	q := &queue{size: sdktrace.DefaultMaxQueueSize, sent: sent, over: make(chan struct{})}
	if n, err := strconv.Atoi(queueVariable()); err == nil {
		q.size = int64(n)
	}
	q.giveUp = sync.OnceFunc(func() { close(q.over) })
	q.SpanProcessor = sdktrace.NewBatchSpanProcessor(&sender{exporter, q})
	return q
}

// OnEnd implements sdktrace.SpanProcessor. It never waits.
func (q *queue) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if q.waiting.Add(1) > q.size {
		q.waiting.Add(-1)
		q.sent.dropped.Add(1)
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// Shutdown implements sdktrace.SpanProcessor. What is still being sent when ctx is
// done is given up.
func (q *queue) Shutdown(ctx context.Context) error {
	defer context.AfterFunc(ctx, q.giveUp)()
	return q.SpanProcessor.Shutdown(ctx)
}

// sender counts what becomes of the spans of a queue.
type sender struct {
	sdktrace.SpanExporter
	queue *queue
}

// ExportSpans implements sdktrace.SpanExporter.
func (s *sender) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	defer close(done)
	go func() {
		defer cancel()
		select {
		case <-s.queue.over:
		case <-done:
		}
	}()

	n := int64(len(spans))
	s.queue.waiting.Add(-n)
	err := s.SpanExporter.ExportSpans(ctx, spans)
	if err != nil {
		s.queue.sent.failed.Add(n)
		return err
	}
	s.queue.sent.exported.Add(n)
	return nil
}
