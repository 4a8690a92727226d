package tracing

import (
	"context"
	"strconv"
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
	giveUp  context.CancelFunc
}

// newQueue returns a queue that hands spans to exporter in batches.
func newQueue(exporter sdktrace.SpanExporter, sent *counts) *queue {
	q := &queue{size: sdktrace.DefaultMaxQueueSize, sent: sent}
	if n, err := strconv.Atoi(queueVariable()); err == nil {
		q.size = int64(n)
	}
	sending, giveUp := context.WithCancel(context.Background())
	q.giveUp = giveUp
	q.SpanProcessor = sdktrace.NewBatchSpanProcessor(&sender{exporter, q, sending})
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
	queue   *queue
	sending context.Context // ends when the queue gives up
}

// ExportSpans implements sdktrace.SpanExporter.
func (s *sender) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.sending, cancel)()

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
