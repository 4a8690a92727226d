package middleware

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"

	"github.com/acme/billing-api/internal/bytesize"
	"github.com/acme/billing-api/internal/logging"
	"github.com/acme/billing-api/internal/problem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// page is one route of a site.
type page struct {
	route  Route
	method string // GET if empty
	serve  http.HandlerFunc
}

// site is a small router: pages by path, with 404 and 405 in the common shape.
type site map[string]page

func (s site) Match(r *http.Request) (Route, bool) {
	p, ok := s[r.URL.Path]
	if !ok || r.Method != p.wants() {
		return Route{}, false
	}
	return p.route, true
}

func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, ok := s[r.URL.Path]
	switch {
	case !ok:
		problem.Write(w, r, problem.New(http.StatusNotFound, "", "there is nothing at this path"))
	case r.Method != p.wants():
		w.Header().Set("Allow", p.wants())
		problem.Write(w, r, problem.New(http.StatusMethodNotAllowed, "", "this path does not support the method"))
	default:
		p.serve(w, r)
	}
}

func (p page) wants() string {
	if p.method == "" {
		return http.MethodGet
	}
	return p.method
}

// settings are the values that tests vary.
type settings struct {
	config  Config
	cors    CORSConfig
	https   bool
	timeout time.Duration
	level   string
	meter   metric.Meter
	last    []Layer // innermost
}

func defaults() settings {
	return settings{
		config:  Config{BodyLimit: 10 * bytesize.MiB, Compression: CompressionConfig{Enabled: true}},
		cors:    CORSConfig{AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"content-type"}, MaxAge: time.Minute},
		timeout: 15 * time.Second,
		level:   "info",
		meter:   noop.Meter{},
	}
}

// chainOf returns the chain as the service has it.
func chainOf(t testing.TB, s site, set settings, log *slog.Logger) Chain {
	t.Helper()
	metrics, err := Metrics(set.meter)
	if err != nil {
		t.Fatal(err)
	}
	return append(Chain{
		Record(s, set.config),
		AccessLog(log),
		metrics,
		Recover(log),
		SecurityHeaders(set.https),
		CORS(set.cors),
		BodyLimit(set.config.BodyLimit),
		Timeout(set.timeout),
		Compress(set.config.Compression),
	}, set.last...)
}

// stand is a site behind the chain, with what it logged.
type stand struct {
	http.Handler
	log *lines
}

func standOf(t testing.TB, s site, set settings) stand {
	t.Helper()
	out := new(lines)
	log, _, err := logging.New(logging.Config{Level: set.level, Format: "json"}, "billing-api", out)
	if err != nil {
		t.Fatal(err)
	}
	return stand{Handler: chainOf(t, s, set, log).Then(s), log: out}
}

// do serves one request without a connection.
func (s stand) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// lines collects what is logged.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// access returns the access lines.
func (l *lines) access(t testing.TB) []map[string]any {
	t.Helper()
	var out []map[string]any
	dec := json.NewDecoder(bytes.NewReader([]byte(l.String())))
	for {
		var line map[string]any
		if err := dec.Decode(&line); err == io.EOF {
			return out
		} else if err != nil {
			t.Fatalf("a log line is no JSON: %v", err)
		}
		if line["msg"] == "request" {
			out = append(out, line)
		}
	}
}

// one returns the only access line.
func (l *lines) one(t testing.TB) map[string]any {
	t.Helper()
	all := l.access(t)
	if len(all) != 1 {
		t.Fatalf("got %d access lines, want 1:\n%s", len(all), l)
	}
	return all[0]
}

// problemOf reads the problem in a response.
func problemOf(t testing.TB, w *httptest.ResponseRecorder) problem.Problem {
	t.Helper()
	var p problem.Problem
	if got := w.Header().Get("Content-Type"); got != problem.ContentType {
		t.Errorf("got content type %q, want %q", got, problem.ContentType)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("the body is no problem: %v\n%s", err, w.Body)
	}
	return p
}

func get(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

// hello answers with a small JSON document.
func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"hello":"world"}`)
}

// readAll reads the body, and answers as a handler of the service does when that fails.
func readAll(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		problem.Write(w, r, problem.From(r.Context(), err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
