package httpapi

import (
	"errors"
	"net/http"

	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/problem"
)

// domainProblems is what a client learns of each error of the domain. An error
// that is not in it is an internal one: it is logged and not shown.
var domainProblems = []struct {
	err    error
	status int
	detail string
}{
	{note.ErrNotFound, http.StatusNotFound, "there is no such note"},
	{note.ErrExists, http.StatusConflict, "there is such a note already"},
	{note.ErrVersionMismatch, http.StatusPreconditionFailed, "the note has changed since it was read"},
	{note.ErrUnavailable, http.StatusServiceUnavailable, ""},
}

// domainProblem gives errors of the domain the status that they have in HTTP,
// and returns any other error as it is.
func domainProblem(err error) error {
	for _, d := range domainProblems {
		if errors.Is(err, d.err) {
			return problem.New(d.status, "", d.detail).WithCause(err)
		}
	}
	return invalidIn("body", err)
}

// invalidIn says where the fields of a note.InvalidError stand in the request,
// and returns any other error as it is.
func invalidIn(location string, err error) error {
	var invalid *note.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	p := problem.New(http.StatusUnprocessableEntity, "", "validation failed")
	for _, f := range invalid.Fields {
		p = p.WithErrors(problem.FieldError{Location: location + "." + f.Field, Message: f.Reason})
	}
	return p
}

// invalidField is the answer to a request with one part that is not valid.
func invalidField(location, reason string) *problem.Problem {
	return problem.New(http.StatusUnprocessableEntity, "", "validation failed").
		WithErrors(problem.FieldError{Location: location, Message: reason})
}
