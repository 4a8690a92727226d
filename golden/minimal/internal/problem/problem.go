// Package problem is the error response of the API: a problem document (RFC 9457) with a stable code and the request
// ID. It never repeats what the client sent, and the cause of a server error goes to the log only.
package problem

import (
	"errors"
	"net/http"
	"strconv"
)

// ContentType is the media type of every error response.
const ContentType = "application/problem+json"

// retryAfter is the Retry-After of a 503, in seconds.
const retryAfter = "5"

// Problem is an error response, and an error that handlers may return. RFC 9457 reads the missing type member as
// about:blank, so the title follows from the status and the code says the rest.
//
//nolint:errname // it is a document first
type Problem struct {
	Title     string       `json:"title" doc:"Short description of the status." example:"Not Found"`
	Status    int          `json:"status" doc:"HTTP status of the response." example:"404"`
	Detail    string       `json:"detail,omitempty" doc:"What went wrong, for people." example:"no resource has this ID"`
	Code      string       `json:"code" doc:"Stable code of the error, for programs." example:"not_found"`
	RequestID string       `json:"request_id,omitempty" doc:"Same as in the header X-Request-Id and the log." example:"req_01h455vb4pex5vsknk084sn02q"`
	Errors    []FieldError `json:"errors,omitempty" doc:"The invalid fields."`

	cause error
}

// FieldError says what is wrong with one field of the request.
type FieldError struct {
	Location string `json:"location,omitempty" doc:"Path of the field." example:"body.title"`
	Message  string `json:"message" doc:"What is wrong with the field." example:"must not be empty"`
}

// Error implements error.
func (e FieldError) Error() string { return e.Location + ": " + e.Message }

// New returns a problem. An empty code selects the default code of the status. The detail of a server error becomes its
// cause: it is logged, and the client gets a general sentence.
func New(status int, code, detail string) *Problem {
	if code == "" {
		code = codeOf(status)
	}
	p := &Problem{Title: titleOf(status), Status: status, Detail: detail, Code: code}
	if status >= http.StatusInternalServerError && detail != "" {
		p.cause = errors.New(detail)
	}
	return p
}

// WithCause sets the cause, which is logged and never sent. It returns p.
func (p *Problem) WithCause(err error) *Problem {
	p.cause = err
	return p
}

// WithErrors adds invalid fields. It returns p.
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

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter)
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return ContentType }
