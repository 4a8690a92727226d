package main

import (
	"bytes"
	"context"
	"fmt"
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
	f.checks.Add("store", func(context.Context) error { return health.Degraded("every connection is in use") })
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

func TestPrometheusIsAsked(t *testing.T) {
	const age, ratio = "timestamp(", "increase"
	const up, targets = `count(target_info{job="orders",service_version="v1.2.3"}`, `count(up{job="orders"})`
	healthy := map[string]float64{age: 0, ratio: 0.005, up: 2, targets: 2}
	for name, test := range map[string]struct {
		change     map[string]float64
		check, say string // empty when nothing fails
	}{
		"healthy":         {},
		"no target":       {change: map[string]float64{targets: 0}, check: "metrics", say: "2 of 0 targets"},
		"target down":     {change: map[string]float64{up: 1}, check: "metrics", say: "1 of 2 targets are up"},
		"not scraped":     {change: map[string]float64{age: 60}, check: "metrics", say: "not scraped yet"},
		"failed requests": {change: map[string]float64{ratio: 0.015}, check: "errors", say: "1.50 % of the requests of all clients failed"},
	} {
		t.Run(name, func(t *testing.T) {
			prometheus := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				query, value := r.FormValue("query"), 0.0
				for _, part := range []string{age, ratio, up, targets} {
					if strings.Contains(query, part) {
						value = healthy[part]
						if changed, ok := test.change[part]; ok {
							value = changed
						}
						break
					}
				}
				fmt.Fprintf(w, `{"data":{"result":[{"value":[1,"%v"]}]}}`, value)
			})
			code, out := runSmoke(t, newFakeDeployment(t).url, "-prometheus", prometheus+"/", "-selector", `job="orders"`)
			if test.check == "" {
				wantLine(t, out, "ok", "metrics", "2 targets scraped")
				wantLine(t, out, "ok", "errors", "0.50 %")
				return
			}
			if code != 1 {
				t.Errorf("got exit code %d, want 1", code)
			}
			wantLine(t, out, "FAIL", test.check, test.say)
		})
	}
}

// The pipeline rolls back when the checks of the API fail, but not when a store of metrics or logs does.
func TestChecksOfTheAPIDoNotDependOnStores(t *testing.T) {
	const nowhere = "http://127.0.0.1:1"
	f := newFakeDeployment(t)
	code, out := runSmoke(t, f.url, "-checks", "api", "-prometheus", nowhere, "-loki", nowhere)
	if code != 0 || strings.Contains(out, "logs") {
		t.Errorf("api: got exit code %d, want 0 and no check of the logs:\n%s", code, out)
	}
	wantLine(t, out, "SKIP", "errors", "the requests of other clients are not checked: query Prometheus")
	code, out = runSmoke(t, f.url, "-checks", "telemetry", "-loki", nowhere)
	if code != 1 || strings.Contains(out, "errors") {
		t.Errorf("telemetry: got exit code %d, want 1 and no watch:\n%s", code, out)
	}
	wantLine(t, out, "FAIL", "logs", "query Loki")
}

func TestLokiIsAsked(t *testing.T) {
	t.Setenv("SMOKE_LOKI_TOKEN", "secret-token")
	for response, verdict := range map[string]string{`{"values":[["1","req_1"]]}`: "ok", `{"values":[]}`: "FAIL"} {
		loki := newServer(t, func(w http.ResponseWriter, r *http.Request) {
			if got := r.FormValue("query"); got != `{app="orders"} |= "req_1"` || r.Header.Get("Authorization") != "Bearer secret-token" {
				t.Errorf("got the query %s and the headers %v", got, r.Header)
			}
			fmt.Fprint(w, response)
		})
		_, out := runSmoke(t, newFakeDeployment(t).url, "-loki", loki, "-loki-selector", `{app="orders"}`)
		wantLine(t, out, verdict, "logs", `|= "req_1"`)
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{nil, {"-url", "example.com"}, {"-url", "http://a", "b"}, {"-url", "http://a", "-checks", "logs"}, {"-verbose"}} {
		var out, errOut bytes.Buffer
		if code := run(t.Context(), args, &out, &errOut); code != 2 || errOut.Len() == 0 {
			t.Errorf("%q: got exit code %d and %q, want 2", args, code, &errOut)
		}
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
