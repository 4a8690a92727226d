package httpapi

import (
	"errors"
	"net/http"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/problem"
)

// domainProblems maps the errors of the domain to responses. Any other error is an internal server error.
var domainProblems = []struct {
	err    error
	status int
	detail string
}{
	{domain.ErrNotFound, http.StatusNotFound, "no resource has this ID"},
	{domain.ErrExists, http.StatusConflict, "the resource already exists"},
	{domain.ErrVersionMismatch, http.StatusPreconditionFailed, "the resource does not have the version that the request expects"},
	{domain.ErrUnavailable, http.StatusServiceUnavailable, ""},
}

// domainProblem converts an error of the domain, and returns any other error unchanged.
func domainProblem(err error) error {
	for _, d := range domainProblems {
		if errors.Is(err, d.err) {
			return problem.New(d.status, "", d.detail).WithCause(err)
		}
	}
	return invalidIn("body", err)
}

// invalidIn converts a note.InvalidError, whose fields are in that part of the request. It returns
// any other error unchanged.
func invalidIn(part string, err error) error {
	var invalid *note.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	p := problem.New(http.StatusUnprocessableEntity, "", "validation failed")
	for _, f := range invalid.Fields {
		p = p.WithErrors(problem.FieldError{Location: part + "." + f.Field, Message: f.Reason})
	}
	return p
}

// invalidField returns the problem for one invalid field.
func invalidField(location, reason string) *problem.Problem {
	return problem.New(http.StatusUnprocessableEntity, "", "validation failed").
		WithErrors(problem.FieldError{Location: location, Message: reason})
}
