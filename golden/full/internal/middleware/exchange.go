package middleware

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/acme/billing-api/internal/problem"
	"github.com/acme/billing-api/internal/request"
)

// exchange is the state of one request that the layers share: one allocation, and one response writer where three
// layers would each wrap their own.
type exchange struct {
	record   request.Record
	route    Route
	start    time.Time
	response response
	body     countedBody
	answered [2]string // the ids, as values of the response's headers
	panicked bool      // the status that was sent, if any, is not the outcome
}

// status is the outcome of the request for log and metrics. A caller that went away before anything was sent counts as
// 499, so that impatience is no server error; a panic counts as 500, even if it came after a header that promised more.
func (x *exchange) status(ctx context.Context) int {
	switch {
	case x.panicked:
		return http.StatusInternalServerError
	case x.response.status != 0:
		return x.response.status
	case ctx.Err() != nil:
		return problem.StatusClientClosedRequest
	}
	return http.StatusOK // what the server sends for a handler that sends nothing
}

type exchangeKey struct{}

func exchangeFrom(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// response remembers what is sent through it.
type response struct {
	http.ResponseWriter
	status int // 0 until the header is sent
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	// 1xx are announcements before the response, except for 101, which is the response.
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// FlushError sends what is buffered. http.ResponseController calls it.
func (w *response) FlushError() error {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *response) Flush() { _ = w.FlushError() }

// Unwrap lets http.ResponseController reach the server's writer.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// countedBody counts what the handler reads.
type countedBody struct {
	io.ReadCloser
	bytes int64
}

// Read implements io.Reader.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.bytes += int64(n)
	return n, err
}
