package httpapi

import (
	"context"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"git.example.org/shop/orders/v2/internal/middleware"
)

func TestEveryRouteHasAVersionOrIsAProbe(t *testing.T) {
	versioned := regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) /(v[1-9][0-9]*)/`)
	for pattern, route := range newAPI(t).router.routes {
		m := versioned.FindStringSubmatch(pattern)
		if route.Probe != (pattern == "GET /health" || pattern == "GET /ready") {
			t.Errorf("%s: got probe %t", pattern, route.Probe)
		}
		if !route.Probe && (m == nil || m[2] != route.APIVersion || !strings.HasSuffix(pattern, " "+route.Template)) {
			t.Errorf("%s: got route %+v, want its version and template", pattern, route)
		}
	}
}

func TestMatch(t *testing.T) {
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
		got, ok := a.router.Match(httptest.NewRequest(method, path, nil))
		if diff := cmp.Diff(want, got); diff != "" || ok != (want.Template != "") {
			t.Errorf("%s: matched %t (-want +got):\n%s", target, ok, diff)
		}
	}
}

func TestRequestsWithoutARoute(t *testing.T) {
	a := newAPI(t)
	for _, c := range []struct {
		method, target string
		status         int
		code, allow    string
	}{
		{"GET", "/nothing", 404, "not_found", ""},
		{"GET", "/v9/notes", 404, "not_found", ""},
		{"GET", "/v1/notes/", 404, "not_found", ""},
		{"GET", "/v1/nothing/../else", 404, "not_found", ""},
		{"GET", "/health/live", 404, "not_found", ""},
		{"PATCH", "/v1/notes", 405, "method_not_allowed", "GET, HEAD, POST"},
		{"POST", "/v1/notes/1", 405, "method_not_allowed", "DELETE, GET, HEAD, PUT"},
		{"POST", "/ready", 405, "method_not_allowed", "GET, HEAD"},
		{"BREW", "/ready", 405, "method_not_allowed", "GET, HEAD"},
	} {
		w := a.do(c.method, c.target, "")
		wantProblem(t, w, c.status, c.code)
		wantHeader(t, w, "Allow", c.allow)
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
