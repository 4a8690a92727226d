// Package problem is the one shape of every error that leaves the service: a problem document of RFC 9457 with a stable
// code and the id of the request. What a caller sent is never repeated in it, and what went wrong inside stays in the
// log.
package problem

import (
	"net/http"
	"strconv"
)

// ContentType is the media type of every error response.
const ContentType = "application/problem+json"

// retryAfter is in seconds: how long a client that is told 503 should wait. What makes a service answer 503 seldom lasts
// less, and a client that waits longer is no longer served when it could be.
const retryAfter = "5"

// Problem is an error response. The type member is left out, which RFC 9457 reads as about:blank: the title then
// belongs to the status, and the code says the rest. It is an error that a handler may return.
//
//nolint:errname // it is a document first, and an error so that handlers can return it
type Problem struct {
	Title     string       `json:"title" doc:"Short text that belongs to the status." example:"Not Found"`
	Status    int          `json:"status" doc:"HTTP status of the response." example:"404"`
	Detail    string       `json:"detail,omitempty" doc:"What went wrong, for a person." example:"there is no such note"`
	Code      string       `json:"code" doc:"Stable name of the error, for a program." example:"not_found"`
	RequestID string       `json:"request_id,omitempty" doc:"Id of the request, as in X-Request-Id and the log." example:"req_01h455vb4pex5vsknk084sn02q"`
	Errors    []FieldError `json:"errors,omitempty" doc:"One entry for each field that was refused."`

	cause error
}

// FieldError says what is wrong with one part of the input.
type FieldError struct {
	Location string `json:"location,omitempty" doc:"Path of the field." example:"body.title"`
	Message  string `json:"message" doc:"What is wrong with it." example:"expected length >= 1"`
}

// Error implements error.
func (e FieldError) Error() string { return e.Location + ": " + e.Message }

// New returns a problem. An empty code stands for the usual code of the status. For a 5xx the detail is a cause: it
// goes to the log, and the caller reads a general sentence.
func New(status int, code, detail string) *Problem {
	p := &Problem{Title: title(status), Status: status, Detail: detail, Code: code}
	if code == "" {
		p.Code = codeOf(status)
	}
	if status >= http.StatusInternalServerError {
		p.Detail = generalDetail(status)
		if detail != "" && detail != p.Detail {
			p.cause = text(detail)
		}
	}
	return p
}

// WithCause sets the error behind the problem, which is logged and never sent. It returns p.
func (p *Problem) WithCause(err error) *Problem {
	p.cause = err
	return p
}

// WithErrors adds fields that were refused. It returns p.
func (p *Problem) WithErrors(errs ...FieldError) *Problem {
	p.Errors = append(p.Errors, errs...)
	return p
}

// Error implements error.
func (p *Problem) Error() string {
	s := strconv.Itoa(p.Status) + " " + p.Code
	if p.cause != nil {
		return s + ": " + p.cause.Error()
	}
	if p.Detail != "" {
		return s + ": " + p.Detail
	}
	return s
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError: a 503 says when to come back.
func (p *Problem) GetHeaders() http.Header {
	if p.Status != http.StatusServiceUnavailable {
		return nil
	}
	return http.Header{"Retry-After": {retryAfter}}
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return ContentType }

// text is a cause that was only ever a sentence.
type text string

func (t text) Error() string { return string(t) }
