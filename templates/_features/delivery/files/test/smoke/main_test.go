package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"example.com/acme/sample-service/internal/health"
	"example.com/acme/sample-service/internal/httpapi"
	"example.com/acme/sample-service/internal/memory"
	"example.com/acme/sample-service/internal/note"
)

// fakeDeployment serves the real API with a store in memory.
type fakeDeployment struct {
	url    string
	store  note.Store
	checks *health.Checks
	fail   func(*http.Request) bool // requests that get 500
}

func newFakeDeployment(t *testing.T) *fakeDeployment {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	f := &fakeDeployment{
		store:  memory.Open(),
		checks: health.New(health.Config{CheckTimeout: time.Second}, log, "sample-service", "v1.2.3", "abc123"),
		fail:   func(*http.Request) bool { return false },
	}
	router := httpapi.NewRouter(f.checks, noop.Meter{}, log)
	httpapi.Register(router, note.NewService(f.store, time.Now, note.NewID))
	f.url = newServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "req_1")
		//{{slot "smoke/fake"}}
		if f.fail(r) {
			http.Error(w, "seeded failure", http.StatusInternalServerError)
			return
		}
		router.ServeHTTP(w, r)
	})
	return f
}

func newServer(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// runSmoke returns the exit code and the output of all checks without waiting.
func runSmoke(t *testing.T, url string, args ...string) (int, string) {
	t.Helper()
	var out, errOut bytes.Buffer
	args = append([]string{"-url", url, "-timeout", "0s", "-watch", "10ms"}, args...)
	code := run(t.Context(), args, &out, &errOut)
	return code, out.String() + errOut.String()
}

// wantLine checks that a line of the output begins with these words and contains the text.
func wantLine(t *testing.T, out, verdict, name, text string) {
	t.Helper()
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if len(words) >= 2 && words[0] == verdict && words[1] == name && strings.Contains(line, text) {
			return
		}
	}
	t.Errorf("no line has %s %s with %q:\n%s", verdict, name, text, out)
}

func TestWorkingDeploymentPasses(t *testing.T) {
	f := newFakeDeployment(t)
	f.checks.Add("store", func(context.Context) error { return health.Degraded("every connection is in use", nil) })
	code, out := runSmoke(t, f.url, "-version", "v1.2.3")
	if code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
	wantLine(t, out, "ok", "health", "v1.2.3")
	wantLine(t, out, "ok", "health", "every connection is in use")
	for _, v := range versions {
		wantLine(t, out, "ok", v.name, "deleted")
	}
	wantLine(t, out, "SKIP", "metrics", `-prometheus is not set; query by hand: http_server_request_duration_seconds_count{job="sample-service"`)
	wantLine(t, out, "SKIP", "logs", `-loki is not set; query by hand: {service_name="sample-service"} |= "req_1"`)
	wantLine(t, out, "ok", "errors", "0 of ")
	if strings.Contains(out, "all clients") {
		t.Errorf("the output has a failure rate of all clients, but no -prometheus:\n%s", out)
	}
	if page, err := f.store.List(t.Context(), note.Query{Limit: 1}); err != nil || len(page.Notes) > 0 {
		t.Errorf("got %v, %v, want no note left behind", page.Notes, err)
	}
}

func TestBrokenDeploymentFails(t *testing.T) {
	failing := func(method, path string) func(*fakeDeployment) {
		return func(f *fakeDeployment) {
			f.fail = func(r *http.Request) bool { return r.Method == method && strings.HasPrefix(r.URL.Path, path) }
		}
	}
	watched := 0
	for name, test := range map[string]struct {
		seed       func(*fakeDeployment)
		args       []string
		check, say string
	}{
		"another version": {args: []string{"-version", "v9"}, check: "health", say: "version v1.2.3 answers, want v9"},
		"health":          {seed: failing("GET", "/health"), check: "health", say: "got 500, want 200"},
		"draining":        {seed: func(f *fakeDeployment) { f.checks.Drain() }, check: "health", say: "got 503, want 200"},
		"create":          {seed: failing("POST", "/v1/"), check: "v1", say: "POST"},
		"read":            {seed: failing("GET", "/v1/notes/"), check: "v1", say: "GET"},
		"change":          {seed: failing("PUT", "/v1/"), check: "v1", say: "PUT"},
		"delete":          {seed: failing("DELETE", "/v1/"), check: "v1", say: "is left behind"},
		"no server":       {seed: func(f *fakeDeployment) { f.url = "http://127.0.0.1:1" }, check: "health", say: "connection refused"},
		"while watched": {args: []string{"-watch", "20s"}, check: "errors", say: "got 500", seed: func(f *fakeDeployment) {
			f.fail = func(r *http.Request) bool {
				if r.URL.RawQuery == "limit=1" {
					watched++
				}
				return watched > 1
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeDeployment(t)
			if test.seed != nil {
				test.seed(f)
			}
			code, out := runSmoke(t, f.url, test.args...)
			if code != 1 {
				t.Errorf("got exit code %d, want 1", code)
			}
			wantLine(t, out, "FAIL", test.check, test.say)
		})
	}
}

func TestEveryRecordedVersionIsChecked(t *testing.T) {
	folders, err := filepath.Glob("../../internal/httpapi/testdata/v*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("%d recorded versions: %v", len(folders), err)
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		if !slices.ContainsFunc(versions, func(v apiVersion) bool { return v.name == name }) {
			t.Errorf("version %s is recorded in %s and missing from the versions in api.go", name, folder)
		}
	}
}
