package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/billing-api/internal/middleware"
	"github.com/acme/billing-api/internal/problem"
)

func TestEveryRouteHasAVersionOrIsAProbe(t *testing.T) {
	a := newAPI(t)
	versioned := regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) /(v[1-9][0-9]*)/`)
	probes := 0
	for pattern, e := range a.router.endpoints {
		if e.route.Probe {
			probes++
			if pattern != "GET /health" && pattern != "GET /ready" || e.version != nil || e.route.APIVersion != "" {
				t.Errorf("%s is not a probe", pattern)
			}
			continue
		}
		m := versioned.FindStringSubmatch(pattern)
		if m == nil || e.version == nil || m[2] != e.version.name || m[2] != e.route.APIVersion {
			t.Errorf("%s belongs to no version", pattern)
		}
		if !strings.HasSuffix(pattern, " "+e.route.Template) {
			t.Errorf("%s has the template %s", pattern, e.route.Template)
		}
	}
	if probes != 2 {
		t.Errorf("got %d probes, want 2", probes)
	}
}

func TestHumaAddsNoRoutesOfItsOwn(t *testing.T) {
	a := newAPI(t)
	for _, path := range []string{"/docs", "/openapi.json", "/openapi.yaml", "/schemas/NoteV1.json"} {
		wantProblem(t, a.do("GET", path, ""), 404, problem.CodeNotFound)
		wantProblem(t, a.do("GET", "/v1"+path, ""), 404, problem.CodeNotFound)
	}
}

func TestMatchTellsTheRouteWithoutServingIt(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	for target, want := range map[string]middleware.Route{
		"GET /v1/notes/" + n.ID:    {Template: "/v1/notes/{id}", APIVersion: "v1"},
		"HEAD /v1/notes/" + n.ID:   {Template: "/v1/notes/{id}", APIVersion: "v1"},
		"DELETE /v1/notes/" + n.ID: {Template: "/v1/notes/{id}", APIVersion: "v1"},
		"GET /health":              {Template: "/health", Probe: true},
	} {
		method, path, _ := strings.Cut(target, " ")
		got, ok := a.router.Match(httptest.NewRequest(method, path, nil))
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: matched %t (-want +got):\n%s", target, ok, diff)
		}
	}
	if _, err := a.store.Get(t.Context(), n.ID); err != nil {
		t.Errorf("a match has deleted the note: %v", err)
	}
}

func TestMatchKnowsNoRouteForWhatIsRefused(t *testing.T) {
	a := newAPI(t)
	for _, target := range []string{"GET /", "GET /v9/notes", "PATCH /v1/notes", "GET /v1//notes", "GET /health/", "GET /ready/x", "OPTIONS /v1/notes"} {
		method, path, _ := strings.Cut(target, " ")
		r := httptest.NewRequest(method, path, nil)
		if route, ok := a.router.Match(r); ok || route != (middleware.Route{}) || r.Pattern != "" {
			t.Errorf("%s: got %+v, %t and pattern %q, want nothing", target, route, ok, r.Pattern)
		}
	}
}

func TestAMatchedRequestIsServedAsItWasMatched(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	r := httptest.NewRequest(http.MethodGet, "/v1/notes/"+n.ID, nil)
	if _, ok := a.router.Match(r); !ok {
		t.Fatal("no match")
	}
	w := httptest.NewRecorder()
	a.router.ServeHTTP(w, r.WithContext(withRecord(r.Context())))
	wantStatus(t, w, 200)
	if got := decode[NoteV1](t, w); got.ID != n.ID {
		t.Errorf("got note %s, want %s", got.ID, n.ID)
	}
}

func TestAPatternOfAnotherMuxIsLookedUpAgain(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	outer := http.NewServeMux()
	outer.Handle("GET /{path...}", a.router)
	wantStatus(t, serve(outer, "GET", "/v1/notes/"+n.ID, ""), 200)
}

func TestAnswersOfTheMuxAreProblems(t *testing.T) {
	a := newAPI(t)
	for name, c := range map[string]struct {
		method, target string
		status         int
		code           string
		header, value  string
	}{
		"unknown path":      {"GET", "/nothing", 404, problem.CodeNotFound, "Allow", ""},
		"unknown version":   {"GET", "/v9/notes", 404, problem.CodeNotFound, "Allow", ""},
		"trailing slash":    {"GET", "/v1/notes/", 404, problem.CodeNotFound, "Allow", ""},
		"below a probe":     {"GET", "/health/live", 404, problem.CodeNotFound, "Allow", ""},
		"unsupported":       {"PATCH", "/v1/notes", 405, problem.CodeMethodNotAllowed, "Allow", "GET, HEAD, POST"},
		"unsupported on id": {"POST", "/v1/notes/1", 405, problem.CodeMethodNotAllowed, "Allow", "DELETE, GET, HEAD, PUT"},
		"post to a probe":   {"POST", "/ready", 405, problem.CodeMethodNotAllowed, "Allow", "GET, HEAD"},
		"unclean path":      {"GET", "/v1//notes?limit=1", 307, "redirect", "Location", "/v1/notes?limit=1"},
		"dots in path":      {"DELETE", "/v1/x/../notes/1", 307, "redirect", "Location", "/v1/notes/1"},
		"other host":        {"GET", "//elsewhere.example/..//v1/notes", 307, "redirect", "Location", "/v1/notes"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "/", nil)
			path, query, _ := strings.Cut(c.target, "?")
			r.URL.Path, r.URL.RawQuery, r.RequestURI = path, query, c.target
			r = r.WithContext(withRecord(r.Context()))
			w := httptest.NewRecorder()
			a.router.ServeHTTP(w, r)
			wantProblem(t, w, c.status, c.code)
			wantHeader(t, w, c.header, c.value)
		})
	}
}

func TestARequestWithoutAPathIsAProblem(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "*", nil)
	r.RequestURI = "*"
	r = r.WithContext(withRecord(r.Context()))
	w := httptest.NewRecorder()
	newAPI(t).router.ServeHTTP(w, r)
	wantProblem(t, w, 400, problem.CodeBadRequest)
}

func TestHeadAnswersAsGetDoes(t *testing.T) {
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

func TestAnOperationBringsItsOwnLimits(t *testing.T) {
	a := newAPI(t)
	v := a.router.Version("v9", Lifecycle{})
	want := middleware.Route{
		Template: "/v9/events", APIVersion: "v9",
		Timeout: time.Minute, MaxBodyBytes: 10, Stream: true,
	}
	Handle(v, Operation{
		ID: "events", Method: "GET", Path: "/events",
		Timeout: want.Timeout, MaxBodyBytes: want.MaxBodyBytes, Stream: want.Stream,
	}, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	got, ok := a.router.Match(httptest.NewRequest(http.MethodGet, "/v9/events", nil))
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("matched %t, route differs (-want +got):\n%s", ok, diff)
	}
}

func TestTwoVersionsServeSideBySide(t *testing.T) {
	a := newAPI(t)
	other := a.router.Version("v9", Lifecycle{})
	Handle(other, Operation{ID: "list-notes", Method: "GET", Path: "/notes"},
		func(context.Context, *struct{}) (*struct{ Body []string }, error) {
			return &struct{ Body []string }{[]string{"second"}}, nil
		})
	if got := a.do("GET", "/v9/notes", "").Body.String(); got != "[\"second\"]\n" {
		t.Errorf("got %q from v9", got)
	}
	if got := a.do("GET", "/v1/notes", "").Body.String(); got != "{\"notes\":[]}\n" {
		t.Errorf("got %q from v1", got)
	}
}

func TestAMistakeInADeclarationStopsTheProgram(t *testing.T) {
	past, later := time.Unix(1, 0), time.Unix(2, 0)
	for name, declare := range map[string]func(r *Router){
		"name":                    func(r *Router) { r.Version("latest", Lifecycle{}) },
		"twice":                   func(r *Router) { r.Version("v1", Lifecycle{}) },
		"sunset alone":            func(r *Router) { r.Version("v9", Lifecycle{Sunset: later}) },
		"sunset before":           func(r *Router) { r.Version("v9", Lifecycle{DeprecatedAt: later, Sunset: past}) },
		"gone without sunset":     func(r *Router) { r.Version("v9", Lifecycle{DeprecatedAt: past, GoneAfterSunset: true}) },
		"successor without dates": func(r *Router) { r.Version("v9", Lifecycle{Successor: "/v3"}) },
		"guide is no URL":         func(r *Router) { r.Version("v9", Lifecycle{DeprecatedAt: past, Guide: "a b>"}) },
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
