package middleware

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.uber.org/goleak"

	"github.com/acme/billing-api/internal/logging"
	"github.com/acme/billing-api/internal/problem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testRouter maps paths to endpoints. Other requests get 404 or 405.
type testRouter map[string]endpoint

type endpoint struct {
	route  Route
	method string // GET if empty
	serve  http.HandlerFunc
}

func (e endpoint) allows(method string) bool {
	return method == e.method || e.method == "" && method == http.MethodGet
}

func (t testRouter) routeOf(r *http.Request) Route {
	if e := t[r.URL.Path]; e.allows(r.Method) {
		return e.route
	}
	return Route{}
}

func (t testRouter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, ok := t[r.URL.Path]
	switch {
	case !ok:
		problem.Write(w, r, problem.New(http.StatusNotFound, "", "there is nothing at this path"))
	case !e.allows(r.Method):
		problem.Write(w, r, problem.New(http.StatusMethodNotAllowed, "", "this path does not support the method"))
	default:
		e.serve(w, r)
	}
}

// options are the values that tests vary.
type options struct {
	config Config
	cors   CORSConfig
	https  bool
	meter  metric.Meter
}

func defaultOptions() options {
	return options{
		config: Config{MaxInFlight: 100, MaxBodyBytes: 1 << 20, Compression: CompressionConfig{Enabled: true}},
		cors:   CORSConfig{AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"content-type"}},
		meter:  noop.Meter{},
	}
}

// newChain returns the layers in the order of the service.
func newChain(t testing.TB, routes testRouter, opts options, log *slog.Logger) Chain {
	t.Helper()
	metrics, err := Metrics(opts.meter, opts.https)
	if err != nil {
		t.Fatal(err)
	}
	inFlight, err := InFlight(opts.config.MaxInFlight, opts.meter)
	if err != nil {
		t.Fatal(err)
	}
	return Chain{
		Record(routes.routeOf, opts.config),
		AccessLog(log),
		metrics,
		Recover(log),
		SecurityHeaders(opts.https),
		CORS(opts.cors),
		inFlight,
		BodyLimit(opts.config.MaxBodyBytes),
		Timeout(15*time.Second, nil),
		Compress(opts.config.Compression),
	}
}

// testServer is a router behind the whole chain.
type testServer struct {
	http.Handler
	log *logBuffer
}

func newTestServer(t testing.TB, routes testRouter, opts options) testServer {
	t.Helper()
	log, out := newLog(t, slog.LevelInfo)
	return testServer{Handler: newChain(t, routes, opts, log).Then(routes), log: out}
}

// newLog returns a JSON logger and its output.
func newLog(t testing.TB, level slog.Level) (*slog.Logger, *logBuffer) {
	t.Helper()
	out := new(logBuffer)
	log, _ := logging.New(logging.Config{Level: level, Format: "json"}, "billing-api", out)
	return log, out
}

// do serves one request without a connection.
func (s testServer) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// logBuffer holds the lines of a JSON log.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// accessLine returns the only access line.
func (l *logBuffer) accessLine(t testing.TB) map[string]any {
	t.Helper()
	var found []map[string]any
	for text := range strings.Lines(l.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("a log line is not JSON: %v", err)
		}
		if line["msg"] == "request" {
			found = append(found, line)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d access lines, want 1:\n%s", len(found), l)
	}
	return found[0]
}

// newMeter returns a meter and the registry that exports its measurements.
func newMeter(t testing.TB) (metric.Meter, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	exporter, err := otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithoutScopeInfo(),
		otelprom.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdk.NewMeterProvider(sdk.WithReader(exporter))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	return provider.Meter("test"), registry
}

// scrape returns the sum of the samples whose text contains every part.
func scrape(t testing.TB, registry *prometheus.Registry, parts ...string) float64 {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, get("/metrics"))
	sum := 0.0
	for line := range strings.Lines(w.Body.String()) {
		missing := func(part string) bool { return !strings.Contains(line, part) }
		if strings.HasPrefix(line, "#") || slices.ContainsFunc(parts, missing) {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:]), 64)
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		sum += value
	}
	return sum
}

// readProblem returns the problem in a response.
func readProblem(t testing.TB, w *httptest.ResponseRecorder) problem.Problem {
	t.Helper()
	var p problem.Problem
	if got := w.Header().Get("Content-Type"); got != problem.ContentType {
		t.Errorf("got content type %q, want %q", got, problem.ContentType)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("the body is not a problem: %v\n%s", err, w.Body)
	}
	return p
}

func get(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

// serveHello sends a small JSON document.
func serveHello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"hello":"world"}`)
}

// serveDrain reads the body, and answers 204 or the problem of the error.
func serveDrain(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		problem.Write(w, r, problem.From(r.Context(), err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
