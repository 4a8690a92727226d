// Package request holds the record of the request being served: its ids, its client and its route. The outermost
// middleware creates the record and puts it into the context. Inner layers complete it, and the access log reads it.
package request

import (
	"context"
	"net/http"
	"net/netip"
	"regexp"

	"github.com/acme/billing-api/internal/id"
)

// Names of the headers that carry ids.
const (
	HeaderRequestID     = "X-Request-Id"
	HeaderCorrelationID = "X-Correlation-Id"
	HeaderClientID      = "X-Client-Id"
)

// Record describes one request. Only the goroutine that serves the request may write to it.
type Record struct {
	ID            string     // the client's X-Request-Id if it is well-formed, otherwise generated
	CorrelationID string     // the client's X-Correlation-Id if it is well-formed, otherwise empty
	ClientID      string     // the client's X-Client-Id if it is well-formed, otherwise empty; for logs, never trusted
	ClientAddr    netip.Addr // the last hop that is not a trusted proxy
	Route         string     // template such as /v1/notes/{id}; empty if no route matched
	APIVersion    string     // such as v1; empty outside the API
	Err           error      // the cause of a 5xx, for the log only
}

type recordKey struct{}

// With returns a context that carries the record.
func With(ctx context.Context, r *Record) context.Context {
	return context.WithValue(ctx, recordKey{}, r)
}

// From returns the record of the request in ctx. Outside a request it returns an empty record.
func From(ctx context.Context) *Record {
	if r, ok := ctx.Value(recordKey{}).(*Record); ok {
		return r
	}
	return new(Record)
}

// ReadIDs reads the ids from the headers. It ignores an id that is repeated or malformed.
func (r *Record) ReadIDs(h http.Header) {
	if r.ID = wellFormed(h[HeaderRequestID]); r.ID == "" {
		r.ID = id.New("req")
	}
	r.CorrelationID = wellFormed(h[HeaderCorrelationID])
	r.ClientID = wellFormed(h[HeaderClientID])
}

// idForm bounds the ids of clients, which reach every log line, so that they can neither break a line nor carry markup.
var idForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

func wellFormed(values []string) string {
	if len(values) == 1 && idForm.MatchString(values[0]) {
		return values[0]
	}
	return ""
}
