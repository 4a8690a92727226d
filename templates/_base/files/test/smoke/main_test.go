package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"example.com/acme/sample-service/internal/health"
	"example.com/acme/sample-service/internal/httpapi"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
)

const testVersion = "v1.2.3"

// fake is a deployment in this process: the real API before a store in memory, and what a test does to its requests.
type fake struct {
	url    string
	store  note.Store
	checks *health.Checks
	fail   func(*http.Request) bool // is answered with 500
}

func newFake(t *testing.T) *fake {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	f := &fake{
		store:  notetest.NewStore(),
		checks: health.New(health.Config{CheckTimeout: time.Second}, log, "sample-service", testVersion, "abc123"),
		fail:   func(*http.Request) bool { return false },
	}
	router := httpapi.NewRouter(f.checks, noop.Meter{}, log)
	httpapi.Register(router, note.NewService(f.store, time.Now, note.NewID))
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", fmt.Sprintf("req_%d", requests.Add(1)))
		//{{slot "smoke/fake"}}
		if f.fail(r) {
			http.Error(w, "seeded", http.StatusInternalServerError)
			return
		}
		router.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// left tells whether a note is left in the store.
func (f *fake) left(t *testing.T) bool {
	t.Helper()
	notes, err := f.store.List(t.Context(), note.Query{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return len(notes) > 0
}

// smoke runs all checks without patience, and returns what they print.
func (f *fake) smoke(t *testing.T, ask person, args ...string) (int, string) {
	t.Helper()
	var out, errOut bytes.Buffer
	args = append([]string{"-url", f.url, "-patience", "0s", "-watch", "10ms"}, args...)
	code := run(t.Context(), args, &out, &errOut, ask)
	return code, out.String() + errOut.String()
}

// wantLine fails the test unless a line begins with these words and contains the text.
func wantLine(t *testing.T, out, verdict, name, text string) {
	t.Helper()
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if len(words) >= 2 && words[0] == verdict && words[1] == name && strings.Contains(line, text) {
			return
		}
	}
	t.Errorf("no line is %q of %q with %q:\n%s", verdict, name, text, out)
}

func TestADeploymentThatWorksPasses(t *testing.T) {
	f := newFake(t)
	code, out := f.smoke(t, nil, "-version", testVersion)
	if code != unlooked {
		t.Errorf("got exit code %d, want %d", code, unlooked)
	}
	wantLine(t, out, "ok", "health", testVersion)
	wantLine(t, out, "ok", "ready", "takes requests")
	for _, v := range versions {
		wantLine(t, out, "ok", v.name, "deleted")
	}
	wantLine(t, out, "LOOK", "metrics", `http_server_request_duration_seconds_count{job="sample-service"`)
	wantLine(t, out, "LOOK", "logs", `{service_name="sample-service"} |= "req_`)
	wantLine(t, out, "ok", "errors", "0.00 %")
	wantLine(t, out, "smoke:", "no", "a person has to look for: metrics, logs")
	if f.left(t) {
		t.Error("a note is left behind")
	}
	if code, _ := f.smoke(t, nil, "-unattended"); code != passed {
		t.Errorf("unattended: got exit code %d, want %d", code, passed)
	}
}

func TestADependencyThatWorksBadlyIsNamedWithItsReason(t *testing.T) {
	f := newFake(t)
	f.checks.Add("store", func(context.Context) error { return health.Degraded("every connection is in use") })
	_, out := f.smoke(t, nil)
	wantLine(t, out, "ok", "ready", "takes requests, store degraded: every connection is in use")
}

func TestAPersonDecidesWhatHasNoAddress(t *testing.T) {
	f := newFake(t)
	for want, ask := range map[int]person{
		passed:   func(string) (yes, answered bool) { return true, true },
		failed:   func(question string) (yes, answered bool) { return !strings.Contains(question, "log store"), true },
		unlooked: func(question string) (yes, answered bool) { return true, !strings.Contains(question, "log store") },
	} {
		code, out := f.smoke(t, ask)
		if code != want {
			t.Errorf("got exit code %d, want %d", code, want)
		}
		wantLine(t, out, "ok", "metrics", "seen by a person in the metrics")
		wantLine(t, out, map[int]string{passed: "ok", failed: "FAIL", unlooked: "LOOK"}[want], "logs", "in the log store")
	}
}

func TestAPersonAnswersLineByLine(t *testing.T) {
	var out bytes.Buffer
	ask := personBehind(strings.NewReader("y\nYes\n\nno\n"), &out)
	for i, want := range [][2]bool{{true, true}, {true, true}, {false, true}, {false, true}, {false, false}} {
		if yes, answered := ask("look"); [2]bool{yes, answered} != want {
			t.Errorf("answer %d: got %v and %v, want %v", i+1, yes, answered, want)
		}
	}
	if n := strings.Count(out.String(), "Is it there?"); n != 5 {
		t.Errorf("asked %d times, want 5", n)
	}
}

func TestWhatIsNoTerminalIsNobody(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "input"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, in := range []*os.File{file, null} {
		if personAt(in, io.Discard) != nil {
			t.Errorf("%s is taken for a terminal", in.Name())
		}
	}
}

func TestADeploymentThatFailsIsFound(t *testing.T) {
	is := func(method, path string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == method && strings.HasPrefix(r.URL.Path, path) }
	}
	for name, test := range map[string]struct {
		seed       func(*fake)
		args       []string
		check, say string
	}{
		"another version":  {args: []string{"-version", "v9"}, check: "health", say: "version v1.2.3 answers, want v9"},
		"health":           {seed: func(f *fake) { f.fail = is(http.MethodGet, "/health") }, check: "health", say: "got 500, want 200"},
		"draining":         {seed: func(f *fake) { f.checks.Drain() }, check: "ready", say: "got 503, want 200"},
		"create":           {seed: func(f *fake) { f.fail = is(http.MethodPost, "/v1/") }, check: "v1", say: "POST"},
		"read":             {seed: func(f *fake) { f.fail = is(http.MethodGet, "/v1/notes/") }, check: "v1", say: "GET"},
		"change":           {seed: func(f *fake) { f.fail = is(http.MethodPut, "/v1/") }, check: "v1", say: "PUT"},
		"delete":           {seed: func(f *fake) { f.fail = is(http.MethodDelete, "/v1/") }, check: "v1", say: "is left behind"},
		"nobody is there":  {seed: func(f *fake) { f.url = "http://127.0.0.1:1" }, check: "health", say: "connection refused"},
		"an owner unknown": {args: []string{"-owner", "two words"}, check: "v1", say: "got 422"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			if test.seed != nil {
				test.seed(f)
			}
			code, out := f.smoke(t, nil, append(test.args, "-unattended")...)
			if code != failed {
				t.Errorf("got exit code %d, want %d", code, failed)
			}
			wantLine(t, out, "FAIL", test.check, test.say)
			wantLine(t, out, "skip", "errors", "not watched")
			if name != "delete" && f.left(t) {
				t.Error("a note is left behind")
			}
		})
	}
}

func TestRequestsThatFailWhileItIsWatched(t *testing.T) {
	f := newFake(t)
	asked := 0
	f.fail = func(r *http.Request) bool {
		if r.URL.RawQuery == "limit=1" {
			asked++
		}
		return asked > 1 // it worked at first
	}
	code, out := f.smoke(t, nil, "-unattended", "-watch", "20s") // and it does not take as long
	if code != failed {
		t.Errorf("got exit code %d, want %d", code, failed)
	}
	wantLine(t, out, "FAIL", "errors", "got 500")
}

func TestAWatchNeedsTime(t *testing.T) {
	code, out := newFake(t).smoke(t, nil, "-unattended", "-watch", "0s")
	if code != failed {
		t.Errorf("got exit code %d, want %d", code, failed)
	}
	wantLine(t, out, "FAIL", "errors", "-watch: must be above 0s")
}

func TestTheTallyOfTheWatch(t *testing.T) {
	for _, test := range []struct {
		tally          tally
		elapsed, whole time.Duration
		over           bool
	}{
		{tally{1000, 10}, time.Hour, time.Hour, false},
		{tally{1000, 11}, time.Hour, time.Hour, true},
		{tally{60, 30}, time.Minute, time.Hour, false}, // half of a minute is less than 1 % of an hour
		{tally{60, 60}, time.Minute, time.Hour, true},
		{tally{}, time.Second, time.Hour, false},
	} {
		if got := test.tally.over(test.elapsed, test.whole); got != test.over {
			t.Errorf("%v after %s of %s: got %v, want %v", test.tally, test.elapsed, test.whole, got, test.over)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"-url", "example.com"}, {"-url", "http://a", "b"}, {"-verbose"}} {
		var out, errOut bytes.Buffer
		if code := run(t.Context(), args, &out, &errOut, nil); code != misused || errOut.Len() == 0 {
			t.Errorf("%q: got exit code %d and %q, want %d", args, code, &errOut, misused)
		}
	}
	if code := run(t.Context(), []string{"-h"}, io.Discard, io.Discard, nil); code != passed {
		t.Errorf("-h: got exit code %d, want %d", code, passed)
	}
}

// A version of the API that is recorded has clients.
func TestEveryVersionIsChecked(t *testing.T) {
	folders, err := filepath.Glob("../../internal/httpapi/testdata/v*")
	if err != nil || len(folders) == 0 {
		t.Fatal(errors.Join(err, fmt.Errorf("%d versions are recorded", len(folders))))
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		if !slices.ContainsFunc(checks(flag.NewFlagSet("", flag.PanicOnError)), func(c check) bool { return c.name == name }) {
			t.Errorf("version %s is recorded in %s, and not in the list of versions in api.go", name, folder)
		}
	}
}
