package problem

import (
	"context"
	"errors"
	"net/http"

	"example.com/acme/sample-service/internal/request"
)

// ErrBodyTimeout is what reading the body of a request gives once the caller has been too slow. Only the body of a
// request gives it, so a slow dependency is never taken for a slow caller.
var ErrBodyTimeout error = bodyTimeoutError{}

// bodyTimeoutError is a net.Error with Timeout, which is how HTTP libraries recognise a timeout.
type bodyTimeoutError struct{}

func (bodyTimeoutError) Error() string   { return "reading the request body took too long" }
func (bodyTimeoutError) Timeout() bool   { return true }
func (bodyTimeoutError) Temporary() bool { return false }

// ErrShuttingDown is the cause of a context that the shutdown canceled.
var ErrShuttingDown = errors.New("the service is shutting down")

// BodyError is what reading the body of a request gives when the transfer broke: the caller went away or sent what
// does not follow the protocol.
type BodyError struct{ Err error }

// Error implements error.
func (e *BodyError) Error() string { return "read request body: " + e.Err.Error() }

// Unwrap returns the error of the transfer.
func (e *BodyError) Unwrap() error { return e.Err }

// From turns any error into the problem that the caller gets. A Problem in the chain of err stays what it is; errors of
// the request's body and of its deadline get their status; everything else is an internal error. The request id is
// filled in, and the cause of a 5xx is left in the record of the request for the log.
func From(ctx context.Context, err error) *Problem {
	var known *Problem
	if errors.As(err, &known) {
		p := *known // the original may be a shared value
		return p.finish(ctx, err)
	}
	return classify(ctx, err).finish(ctx, err)
}

func classify(ctx context.Context, err error) *Problem {
	if p := bodyProblem(err); p != nil {
		return p
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return New(http.StatusServiceUnavailable, CodeDeadlineExceeded, "")
	case errors.Is(context.Cause(ctx), ErrShuttingDown):
		return New(http.StatusServiceUnavailable, CodeShuttingDown, "")
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return New(StatusClientClosedRequest, "", "")
	}
	return New(http.StatusInternalServerError, "", "")
}

// bodyProblem returns the problem for an error that came from reading the request's body, else nil.
func bodyProblem(err error) *Problem {
	var tooLarge *http.MaxBytesError
	var broken *BodyError
	switch {
	case errors.As(err, &tooLarge):
		return New(http.StatusRequestEntityTooLarge, "", "the request body is larger than this route accepts")
	case errors.Is(err, ErrBodyTimeout):
		return New(http.StatusRequestTimeout, "", "the request body did not arrive in time")
	case errors.As(err, &broken):
		return New(http.StatusBadRequest, "", "the request body could not be read")
	}
	return nil
}

// finish completes p, which nothing else may hold, for the request in ctx.
func (p *Problem) finish(ctx context.Context, err error) *Problem {
	rec := request.From(ctx)
	p.RequestID = rec.ID
	if p.Status >= http.StatusInternalServerError {
		p.Detail = generalDetail(p.Status)
		if err != nil {
			rec.Err = err
		}
	}
	return p
}
