package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// apiVersion is a version of the API: its path for notes, the body that creates a note, and the body that changes it.
type apiVersion struct{ name, path, draft, change string }

// versions lists every version that the deployment must serve.
var versions = []apiVersion{
	{"v1", "/v1/notes", `{"owner":"smoke","title":"Smoke test"}`, `{"title":"Smoke test, changed","body":""}`},
}

// checkNotes creates a note, and reads, lists, changes and deletes it.
func (s *smoke) checkNotes(ctx context.Context, v apiVersion) (detail string, err error) {
	var made, read struct{ ID, Title string }
	created, err := s.api.send(ctx, http.MethodPost, v.path, "", v.draft, http.StatusCreated, &made)
	if err != nil {
		return "", err
	}
	note := v.path + "/" + url.PathEscape(made.ID)
	defer func() {
		deleted, failed := s.api.send(context.WithoutCancel(ctx), http.MethodDelete, note, "*", "", http.StatusNoContent, nil)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s is left behind: %w", note, failed))
		}
		s.requestID = deleted.Get("X-Request-Id")
	}()

	if err := s.api.get(ctx, note, &read); err != nil {
		return "", err
	}
	if read != made {
		return "", fmt.Errorf("GET %s: got %v, want %v", note, read, made)
	}
	if err := s.api.get(ctx, v.path+"?limit=1&owner=smoke", nil); err != nil {
		return "", err
	}
	if _, err := s.api.send(ctx, http.MethodPut, note, created.Get("ETag"), v.change, http.StatusOK, &read); err != nil {
		return "", err
	}
	if read.Title != "Smoke test, changed" {
		return "", fmt.Errorf("PUT %s: got the title %q, want the changed one", note, read.Title)
	}
	return "created, read, listed, changed and deleted " + note, nil
}
