// Package request holds what is known about the request being served: its ids, where it came from and which route it
// met. The outermost middleware makes one Record and puts it into the context; parts further in fill it, so that the
// access log outside can tell what was found inside.
package request

import (
	"context"
	"net/netip"

	"git.example.org/shop/orders/v2/internal/id"
)

// Names of the headers that carry ids.
const (
	HeaderRequestID     = "X-Request-Id"
	HeaderCorrelationID = "X-Correlation-Id"
	HeaderClientID      = "X-Client-Id"
)

// Record is what is known about one request. It belongs to the goroutine that serves the request: nothing else may
// write to it.
type Record struct {
	ID            string     // made here, or the caller's X-Request-Id if well-formed
	CorrelationID string     // the caller's X-Correlation-Id if well-formed, else empty
	ClientID      string     // the caller's X-Client-Id if well-formed, else empty; a label for logs, never trusted
	ClientAddr    netip.Addr // the nearest hop that is no trusted proxy
	Route         string     // template such as /v1/notes/{id}; empty when no route matched
	APIVersion    string     // such as v1; empty outside the API
	Err           error      // the cause behind a 5xx, for the log only
}

type recordKey struct{}

// With returns a context that carries the record.
func With(ctx context.Context, r *Record) context.Context {
	return context.WithValue(ctx, recordKey{}, r)
}

// From returns the record of the request being served. Outside a request it returns an empty one, never nil.
func From(ctx context.Context) *Record {
	if r, ok := ctx.Value(recordKey{}).(*Record); ok {
		return r
	}
	return new(Record)
}

// NewID returns a new request id.
func NewID() string { return id.New("req") }
