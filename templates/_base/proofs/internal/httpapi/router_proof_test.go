package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/middleware"
	"example.com/acme/sample-service/internal/problem"
)

// A redirect would leave the API: it has no problem document, and is not counted for the version.
func TestUncleanPathsAreNotFound(t *testing.T) {
	a := newAPI(t)
	for _, target := range []string{"/v1//notes", "/v1/x/../notes/1", "//elsewhere.example/..//v1/notes", "//health"} {
		r := httptest.NewRequestWithContext(withRecord(t.Context()), http.MethodGet, "/", nil)
		r.URL.Path = target
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, r)
		wantProblem(t, w, 404, "not_found")
	}
}

func TestRequestsAfterTheDeadlineDoNotReachTheHandler(t *testing.T) {
	a := newAPI(t)
	late, cancel := context.WithTimeout(withRecord(t.Context()), 0)
	defer cancel()
	stopped, stop := context.WithCancelCause(withRecord(t.Context()))
	stop(problem.ErrShuttingDown)
	for code, ctx := range map[string]context.Context{"deadline_exceeded": late, "shutting_down": stopped} {
		for _, body := range []string{validDraft, `{"title":1}`} {
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/notes", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			a.router.ServeHTTP(w, r)
			wantProblem(t, w, 503, code)
			wantHeader(t, w, "Retry-After", "5")
		}
	}
	if got := a.do("GET", "/v1/notes", "").Body.String(); got != "{\"notes\":[]}\n" {
		t.Errorf("got %s, want no note", got)
	}
}

func TestInvalidDeclarationsPanic(t *testing.T) {
	past, later := time.Unix(1, 0), time.Unix(2, 0)
	for name, declare := range map[string]func(r *Router){
		"name":                    func(r *Router) { r.Version("latest", Lifecycle{}) },
		"twice":                   func(r *Router) { r.Version("v1", Lifecycle{}) },
		"sunset alone":            func(r *Router) { r.Version("v9", Lifecycle{Sunset: later}) },
		"sunset before":           func(r *Router) { r.Version("v9", Lifecycle{DeprecatedAt: later, Sunset: past}) },
		"gone without sunset":     func(r *Router) { r.Version("v9", Lifecycle{DeprecatedAt: past, GoneAfterSunset: true}) },
		"successor without dates": func(r *Router) { r.Version("v9", Lifecycle{Successor: "/v3"}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			declare(newAPI(t).router)
		})
	}
}

func TestCheckTimeouts(t *testing.T) {
	a := newAPI(t)
	handle(a.router.Version("v9", Lifecycle{}), operation{ID: "slow", Method: "GET", Path: "/slow", Timeout: time.Minute},
		func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	if err := a.router.CheckTimeouts(time.Minute); err != nil {
		t.Errorf("got error %v for the same time", err)
	}
	err := a.router.CheckTimeouts(20 * time.Second)
	if err == nil || !strings.Contains(err.Error(), "GET /v9/slow: the timeout of this route is 1m0s") {
		t.Errorf("got error %v, want one that names the route", err)
	}
}

func TestRoute(t *testing.T) {
	a := newAPI(t)
	handle(a.router.Version("v9", Lifecycle{}), operation{
		ID: "events", Method: "GET", Path: "/events", Timeout: time.Minute, MaxBodyBytes: 10, Stream: true,
	}, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	for target, want := range map[string]middleware.Route{
		"GET /v1/notes/1":    {Template: "/v1/notes/{id}", APIVersion: "v1"},
		"HEAD /v1/notes/1":   {Template: "/v1/notes/{id}", APIVersion: "v1"},
		"DELETE /v1/notes/1": {Template: "/v1/notes/{id}", APIVersion: "v1"},
		"GET /v9/events":     {Template: "/v9/events", APIVersion: "v9", Timeout: time.Minute, MaxBodyBytes: 10, Stream: true},
		"GET /health":        {Template: "/health", Probe: true},
		"GET /":              {},
		"GET /v7/notes":      {},
		"GET /health/":       {},
		"GET /docs":          {},
		"GET /openapi.json":  {},
		"PATCH /v1/notes":    {},
		"OPTIONS /v1/notes":  {},
	} {
		method, path, _ := strings.Cut(target, " ")
		r := httptest.NewRequest(method, path, nil)
		_, r.Pattern = a.router.mux.Handler(r)
		if diff := cmp.Diff(want, a.router.Route(r)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", target, diff)
		}
	}
}

func TestHeadHasTheHeadersOfGet(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	for _, path := range []string{"/health", "/ready", "/v1/notes", "/v1/notes/" + n.ID} {
		get, head := a.do("GET", path, ""), a.do("HEAD", path, "")
		wantStatus(t, head, get.Code)
		if diff := cmp.Diff(get.Header(), head.Header()); diff != "" {
			t.Errorf("%s: headers differ (-get +head):\n%s", path, diff)
		}
	}
}
