package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// apiVersion is a version of the API and what clients depend on most.
type apiVersion struct {
	name string
	use  func(ctx context.Context, d *deployment) (string, error) // leaves nothing behind
	read string                                                   // what the watch asks for, again and again
}

// versions are those that the deployment must serve.
var versions = []apiVersion{
	{name: "v1", use: useNotes("/v1/notes", fields{"title": "Smoke test, changed", "body": ""}), read: "/v1/notes?limit=1"},
}

type fields map[string]string

// seenNote is what this program looks at of a note.
type seenNote struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// useNotes takes a note at the path through its whole life, with a change in between.
func useNotes(path string, change fields) func(ctx context.Context, d *deployment) (string, error) {
	return func(ctx context.Context, d *deployment) (_ string, err error) {
		draft := fields{"owner": d.owner, "title": "Smoke test"}
		var made seenNote
		created, err := d.ask(ctx, http.MethodPost, path, draft, http.StatusCreated, &made)
		if err != nil {
			return "", err
		}
		own := path + "/" + url.PathEscape(made.ID)
		deleted := false
		defer func() {
			if deleted {
				return
			}
			cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if _, left := d.ask(cleaning, http.MethodDelete, own, nil, http.StatusNoContent, nil, "If-Match", "*"); left != nil {
				err = fmt.Errorf("%w; %s is left behind: %w", err, own, left)
			}
		}()

		var read seenNote
		if _, err := d.ask(ctx, http.MethodGet, own, nil, http.StatusOK, &read); err != nil {
			return "", err
		}
		if read != made {
			return "", fmt.Errorf("GET %s: got %v, want what was created, %v", own, read, made)
		}
		if err := d.findInList(ctx, path, made); err != nil {
			return "", err
		}
		changed, err := d.ask(ctx, http.MethodPut, own, change, http.StatusOK, &read, "If-Match", created.header.Get("ETag"))
		if err != nil {
			return "", err
		}
		if read.Title != change["title"] {
			return "", fmt.Errorf("PUT %s: got the title %q, want %q", own, read.Title, change["title"])
		}
		gone, err := d.ask(ctx, http.MethodDelete, own, nil, http.StatusNoContent, nil, "If-Match", changed.header.Get("ETag"))
		if err != nil {
			return "", err
		}
		deleted = true
		d.requestID, d.changedAt = gone.header.Get("X-Request-Id"), time.Now()
		if _, err := d.ask(ctx, http.MethodGet, own, nil, http.StatusNotFound, nil); err != nil {
			return "", err
		}
		detail := "created, read, listed, changed and deleted " + own
		if since := gone.header.Get("Deprecation"); since != "" {
			detail += "; the version is deprecated, its sunset: " + gone.header.Get("Sunset")
		}
		return detail, nil
	}
}

// findInList follows the pages of the owner until one has the note.
func (d *deployment) findInList(ctx context.Context, path string, wanted seenNote) error {
	const pages = 10 // an owner that was named may have others
	query := url.Values{"owner": {d.owner}, "limit": {"100"}}
	for range pages {
		var page struct {
			Notes      []seenNote `json:"notes"`
			NextCursor string     `json:"next_cursor"`
		}
		if _, err := d.ask(ctx, http.MethodGet, path+"?"+query.Encode(), nil, http.StatusOK, &page); err != nil {
			return err
		}
		if slices.Contains(page.Notes, wanted) {
			return nil
		}
		if page.NextCursor == "" {
			return fmt.Errorf("GET %s: %s is on no page of its owner", path, wanted.ID)
		}
		query.Set("cursor", page.NextCursor)
	}
	return fmt.Errorf("GET %s: %s is not on the first %d pages of its owner: give another -owner", path, wanted.ID, pages)
}
