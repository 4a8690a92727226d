package httpapi

import (
	"net/http"

	"github.com/acme/billing-api/internal/note"
)

// Register adds the routes of all versions.
func Register(r *Router, notes *note.Service) {
	registerV1(r.Version("v1", Lifecycle{}), notesV1{notes})
}

func registerV1(v *Version, notes notesV1) {
	handle(v, operation{
		ID: "list-notes", Method: http.MethodGet, Path: "/notes", Summary: "List notes",
	}, notes.list)
	handle(v, operation{
		ID: "create-note", Method: http.MethodPost, Path: "/notes", Summary: "Create a note",
		Status: http.StatusCreated,
	}, notes.create)
	handle(v, operation{
		ID: "get-note", Method: http.MethodGet, Path: "/notes/{id}", Summary: "Get a note",
		Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, notes.get)
	handle(v, operation{
		ID: "update-note", Method: http.MethodPut, Path: "/notes/{id}", Summary: "Replace title and body of a note",
		Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusPreconditionRequired},
	}, notes.update)
	handle(v, operation{
		ID: "delete-note", Method: http.MethodDelete, Path: "/notes/{id}", Summary: "Delete a note",
		Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusPreconditionRequired},
	}, notes.delete)
}
