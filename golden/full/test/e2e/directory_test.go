//go:build !windows

package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestNotesBelongToOwnersThatTheDirectoryKnows(t *testing.T) {
	asked := make(chan http.Header, 8)
	directory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header
		switch r.URL.Path {
		case "/owners/ada":
		case "/owners/broken":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer directory.Close()
	p := start(t, t.TempDir(), settings{"directory.url": directory.URL + "/owners"})
	c := newClient(t, "http://"+p.api, nil)
	create := func(owner string, headers ...string) answer {
		t.Helper()
		return c.ask(http.MethodPost, "/v1/notes", `{"owner":"`+owner+`","title":"First"}`, headers...)
	}

	create("ada", "X-Request-Id", "e2e-1", "X-Correlation-Id", "e2e-2", "X-Client-Id", "e2e-3").want(t, http.StatusCreated, nil)
	header := <-asked
	if got := [3]string{header.Get("X-Request-Id"), header.Get("X-Correlation-Id"), header.Get("X-Client-Id")}; got != [3]string{"e2e-1", "e2e-2", "e2e-3"} {
		t.Errorf("got ids %v, want those of the request", got)
	}

	var refusal struct {
		Errors []struct{ Location string }
	}
	create("nobody").want(t, http.StatusUnprocessableEntity, &refusal)
	if len(refusal.Errors) != 1 || refusal.Errors[0].Location != "body.owner" {
		t.Errorf("got %+v, want an error of body.owner", refusal)
	}
	wantTryAgain(t, create("broken"))

	// What is stored can be read without the directory, and the service stays ready.
	directory.Close()
	wantTryAgain(t, create("ada"))
	c.ask(http.MethodGet, "/v1/notes?owner=ada", "").want(t, http.StatusOK, nil)
	c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)
	stop(t, p)
}

func wantTryAgain(t *testing.T, a answer) {
	t.Helper()
	a.want(t, http.StatusServiceUnavailable, nil)
	if a.Header.Get("Retry-After") == "" || !strings.Contains(a.body, `"code":"unavailable"`) {
		t.Errorf("got %v %s, want when to try again", a.Header, a.body)
	}
}
