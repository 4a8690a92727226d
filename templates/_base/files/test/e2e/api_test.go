//go:build !windows

package e2e

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type noteBody struct {
	ID      string
	Owner   string
	Title   string
	Body    string
	Version int
}

func TestProbesOfAHealthyService(t *testing.T) {
	p := start(t, t.TempDir(), settings{"service.name": "shop"})
	c := newClient(t, "http://"+p.api)

	var live struct{ Status, Service, Version, Commit string }
	c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, &live)
	if live.Status != "healthy" || live.Service != "shop" || live.Version != buildVersion || live.Commit == "" {
		t.Errorf("got %+v, want healthy, shop, %s and a commit", live, buildVersion)
	}

	var ready struct {
		Ready        bool
		Dependencies map[string]struct{ Healthy bool }
	}
	c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, &ready)
	if !ready.Ready {
		t.Errorf("got %+v, want ready", ready)
	}
	for name, dependency := range ready.Dependencies {
		if !dependency.Healthy {
			t.Errorf("%s is not healthy", name)
		}
	}
}

func TestLifeOfANote(t *testing.T) {
	p := start(t, t.TempDir(), nil)
	c := newClient(t, "http://"+p.api)

	var created, read, changed noteBody
	a := c.ask(http.MethodPost, "/v1/notes", `{"owner":"ada","title":"Groceries","body":"Milk"}`).want(t, http.StatusCreated, &created)
	path := a.Header.Get("Location")
	if path != "/v1/notes/"+created.ID {
		t.Errorf("got location %q of note %q", path, created.ID)
	}

	a = c.ask(http.MethodGet, path, "").want(t, http.StatusOK, &read)
	if diff := cmp.Diff(created, read); diff != "" {
		t.Errorf("read is not what was created: %s", diff)
	}
	tag := a.Header.Get("ETag")
	c.ask(http.MethodGet, path, "", "If-None-Match", tag).want(t, http.StatusNotModified, nil)

	var page struct{ Notes []noteBody }
	c.ask(http.MethodGet, "/v1/notes?owner=ada", "").want(t, http.StatusOK, &page)
	if diff := cmp.Diff([]noteBody{created}, page.Notes); diff != "" {
		t.Errorf("list is not what was created: %s", diff)
	}

	update := `{"title":"Groceries","body":"Bread"}`
	c.ask(http.MethodPut, path, update).want(t, http.StatusPreconditionRequired, nil)
	c.ask(http.MethodPut, path, update, "If-Match", tag).want(t, http.StatusOK, &changed)
	if changed.Body != "Bread" || changed.Version != created.Version+1 {
		t.Errorf("got %+v, want the change as the next version", changed)
	}
	c.ask(http.MethodPut, path, update, "If-Match", tag).want(t, http.StatusPreconditionFailed, nil)

	c.ask(http.MethodDelete, path, "", "If-Match", `"2"`).want(t, http.StatusNoContent, nil)
	c.ask(http.MethodGet, path, "").want(t, http.StatusNotFound, nil)
}

// stop ends an idle service and expects exit code 0.
func stop(t *testing.T, p *process) {
	t.Helper()
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
}

// Queries rely on the table in docs/configuration.md.
func TestLogFieldsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllSubmatch(page, -1) {
		documented[string(row[1])] = true
	}

	p := start(t, t.TempDir(), settings{"log.level": "debug"})
	c := newClient(t, "http://"+p.api)
	c.ask(http.MethodGet, "/v1/notes", "", "X-Correlation-Id", "order-4711", "X-Client-Id", "shop")
	c.ask(http.MethodGet, "/nowhere", "")
	stop(t, p)

	written := map[string]bool{"error": true, "undelivered": true} // only after a failure
	for _, line := range p.log {
		if line["msg"] == "request" {
			for field := range line {
				written[field] = true
			}
		}
	}
	for _, field := range slices.Sorted(maps.Keys(written)) {
		if !documented[field] {
			t.Errorf("%s is written and not documented", field)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(documented)) {
		if !written[field] {
			t.Errorf("%s is documented and not written", field)
		}
	}
}
