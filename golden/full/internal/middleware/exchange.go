package middleware

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/acme/billing-api/internal/problem"
	"github.com/acme/billing-api/internal/request"
)

// exchange is the state of one request that the layers share.
type exchange struct {
	record   request.Record
	route    Route
	start    time.Time
	deadline time.Time // zero for a stream
	body     body
	response response

	panicked bool    // the handler panicked
	aborted  bool    // the handler panicked with http.ErrAbortHandler
	outcome  outcome // set by finish
}

type exchangeKey struct{}

func exchangeFrom(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// outcome is the result of a request, the same wherever it is recorded.
type outcome struct {
	status      int  // 500 if the response failed after its header was sent, 499 if the client left
	undelivered bool // the service could not send its whole response
	unread      bool // the client did not read, so that the response was not sent
}

// errorType returns the attribute error.type, which is empty unless the service failed.
func (o outcome) errorType() string {
	switch {
	case o.unread:
		return "unread"
	case o.undelivered:
		return "undelivered"
	case o.status >= http.StatusInternalServerError:
		return strconv.Itoa(o.status)
	}
	return ""
}

// finish sends what the server still buffers of the response, and returns the outcome. The handler must have returned.
// The first call decides the outcome. ctx is the context of the request without its deadline.
func (x *exchange) finish(ctx context.Context) outcome {
	if x.outcome.status == 0 {
		if !x.panicked && !x.aborted {
			x.response.flushComplete(x.late())
		}
		x.outcome = x.decide(ctx)
	}
	return x.outcome
}

func (x *exchange) decide(ctx context.Context) outcome {
	cut := x.aborted || x.response.err != nil
	switch {
	case x.panicked:
		return outcome{status: http.StatusInternalServerError}
	case cut && x.clientLeft(ctx):
		return outcome{status: problem.StatusClientClosedRequest}
	case cut:
		return outcome{status: http.StatusInternalServerError, undelivered: true, unread: x.unread()}
	case x.response.status == 0:
		return outcome{status: http.StatusOK} // the server sends 200 for a handler that sends nothing
	}
	return outcome{status: x.response.status}
}

// clientLeft reports whether the client closed the connection. The service failed instead if it had not answered by the
// deadline, stopped sending at a time limit, or shuts down.
func (x *exchange) clientLeft(ctx context.Context) bool {
	answered := x.response.status != 0 && x.response.began.Before(x.deadline)
	failed := x.late() && !answered || errors.Is(x.response.err, os.ErrDeadlineExceeded)
	return !failed && ctx.Err() != nil && !errors.Is(context.Cause(ctx), problem.ErrShuttingDown)
}

// unread reports whether sending stopped at a time limit, and the client kept the service waiting for most of the request.
func (x *exchange) unread() bool {
	return errors.Is(x.response.err, os.ErrDeadlineExceeded) && 2*x.response.waited > time.Since(x.start)
}

// late reports whether the deadline has passed.
func (x *exchange) late() bool { return !x.deadline.IsZero() && !time.Now().Before(x.deadline) }

// failure returns the error behind a failed request, or nil.
func (x *exchange) failure() error {
	if x.record.Err != nil {
		return x.record.Err
	}
	return x.response.err
}

// response records what is sent through it.
type response struct {
	http.ResponseWriter
	head   bool      // the request is a HEAD, whose response has no body
	status int       // 0 until the header is sent
	began  time.Time // when the handler set the status
	bytes  int64
	waited time.Duration // the time that writes and flushes took
	err    error         // the first error of a write or a flush
}

func (w *response) WriteHeader(status int) {
	// 1xx precede the response, except for 101.
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status, w.began = status, time.Now()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status, w.began = http.StatusOK, time.Now()
	}
	start := time.Now()
	n, err := w.ResponseWriter.Write(p)
	if !w.head {
		w.bytes += int64(n)
	}
	w.sent(start, err)
	return n, err
}

func (w *response) FlushError() error {
	if w.status == 0 {
		w.status, w.began = http.StatusOK, time.Now()
	}
	start := time.Now()
	err := http.NewResponseController(w.ResponseWriter).Flush()
	w.sent(start, err)
	return err
}

func (w *response) Flush() { _ = w.FlushError() }

func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) sent(start time.Time, err error) {
	w.waited += time.Since(start)
	if w.err == nil && !errors.Is(err, http.ErrBodyNotAllowed) && !errors.Is(err, http.ErrNotSupported) {
		w.err = err
	}
}

// serverBuffer is the size above which net/http sends a response without Content-Length in chunks.
const serverBuffer = 2048

// flushComplete sends a complete response and records the error. Without it, the server sends the response after the
// last layer has returned, and drops the error. A flush makes a short response without Content-Length chunked, so
// flushComplete leaves that to the server unless it is late.
func (w *response) flushComplete(late bool) {
	bodiless := w.status == http.StatusNoContent || w.status == http.StatusNotModified
	if w.status != 0 && (late || bodiless || w.bytes > serverBuffer || w.Header().Get("Content-Length") != "") {
		w.Flush()
	}
}

// body counts the bytes read of a request body. Its errors distinguish a timeout from a broken transfer.
type body struct {
	io.ReadCloser
	bytes int64
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.bytes += int64(n)
	if err == nil || err == io.EOF {
		return n, err
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return n, problem.ErrBodyTimeout
	}
	return n, &problem.BodyError{Err: err}
}
