package problem

import (
	"context"
	"errors"
	"net/http"

	"github.com/acme/billing-api/internal/request"
)

// ErrShuttingDown is the cause (context.Cause) of request contexts that the shutdown cancels.
var ErrShuttingDown = errors.New("the service is shutting down")

// ErrBodyTimeout is the error of a read from a request body that did not arrive in time. Only request bodies return it,
// so that a slow dependency is never mistaken for a slow client.
var ErrBodyTimeout error = bodyTimeoutError{}

// bodyTimeoutError implements net.Error, by which huma recognizes a timeout.
type bodyTimeoutError struct{}

func (bodyTimeoutError) Error() string   { return "reading the request body timed out" }
func (bodyTimeoutError) Timeout() bool   { return true }
func (bodyTimeoutError) Temporary() bool { return false }

// BodyError is the error of a read from a request body that was cut off or malformed.
type BodyError struct{ Err error }

// Error implements error.
func (e *BodyError) Error() string { return "read request body: " + e.Err.Error() }

// Unwrap returns the error of the transfer.
func (e *BodyError) Unwrap() error { return e.Err }

// From returns the problem for an error. A Problem in the chain of err keeps its status and code. Errors of the request
// body and of the request context get their own status; any other error is an internal error. From adds the request ID
// and stores the cause of a server error in the request record, for the log.
func From(ctx context.Context, err error) *Problem {
	var known *Problem
	if errors.As(err, &known) {
		return known.finish(ctx, err)
	}
	p := bodyProblem(err)
	if p == nil {
		p = contextProblem(ctx, err)
	}
	if p == nil {
		p = New(http.StatusInternalServerError, "", "")
	}
	return p.WithCause(err).finish(ctx, err)
}

// bodyProblem returns nil unless err comes from reading the request body.
func bodyProblem(err error) *Problem {
	var tooLarge *http.MaxBytesError
	var broken *BodyError
	switch {
	case errors.As(err, &tooLarge):
		return New(http.StatusRequestEntityTooLarge, "", "the request body is too large for this route")
	case errors.Is(err, ErrBodyTimeout):
		return New(http.StatusRequestTimeout, "", "the request body did not arrive in time")
	case errors.As(err, &broken):
		return New(http.StatusBadRequest, "", "the request body could not be read")
	}
	return nil
}

// contextProblem returns nil unless a shutdown, a deadline or a disconnected client explains err.
func contextProblem(ctx context.Context, err error) *Problem {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, ErrShuttingDown):
		return New(http.StatusServiceUnavailable, codeShuttingDown, "")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return New(http.StatusServiceUnavailable, codeDeadlineExceeded, "")
	case errors.Is(err, context.Canceled) && cause != nil:
		return New(StatusClientClosedRequest, "", "")
	}
	return nil
}

// finish returns a copy of p for the request of ctx, so that problems can be shared.
func (p *Problem) finish(ctx context.Context, err error) *Problem {
	own, rec := *p, request.From(ctx)
	own.RequestID = rec.ID
	if p.Status >= http.StatusInternalServerError {
		own.Detail = publicDetail(p.Status)
		rec.Err = err
	}
	return &own
}
