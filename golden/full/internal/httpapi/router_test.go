package httpapi

import (
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
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
		{"OPTIONS", "*", 404, "not_found", ""},
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

func TestDeprecatedVersionSaysSo(t *testing.T) {
	past := time.Now().Add(-time.Hour)
	for _, gone := range []bool{false, true} {
		u := newUsage("v1", Lifecycle{DeprecatedAt: past, Sunset: past, Successor: "/v2", GoneAfterSunset: gone},
			noop.Meter{}, slog.New(slog.DiscardHandler))
		h := make(http.Header)
		if got := u.record(t.Context(), h); got != gone {
			t.Errorf("got gone %t after the sunset, want %t", got, gone)
		}
		for _, name := range []string{"Deprecation", "Sunset", "Link"} {
			if h.Get(name) == "" {
				t.Errorf("the response has no header %s", name)
			}
		}
	}
}
