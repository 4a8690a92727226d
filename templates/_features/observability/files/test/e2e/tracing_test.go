//go:build !windows

package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/acme/sample-service/test/collector"
)

// callers is the trace of a client, which has sampled it.
const callers = "4bf92f3577b34da6a3ce929d0e0e4736"

// traced starts the service with variables of OpenTelemetry.
func traced(t *testing.T, set settings, variables ...string) *process {
	t.Helper()
	return run(t, tracedServe(t, set, variables...)).listening()
}

func tracedServe(t *testing.T, set settings, variables ...string) *exec.Cmd {
	t.Helper()
	cmd := serve(t, t.TempDir(), set)
	cmd.Env = append(cmd.Env, variables...)
	return cmd
}

// requests returns the spans of HTTP; what is called otherwise has spans too.
func requests(received *collector.Collector, traceID string) []collector.Span {
	return slices.DeleteFunc(received.Spans(traceID), func(s collector.Span) bool { return s.Attributes["http.request.method"] == "" })
}

// soon makes a service send its spans without the usual wait.
const soon = "OTEL_BSP_SCHEDULE_DELAY=10"

// The client calls two instances within one trace, over both protocols.
func TestTheTraceOfACallerGoesOn(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			received := collector.New(t)
			endpoint := received.HTTP()
			if protocol == "grpc" {
				endpoint = received.GRPC()
			}
			variables := []string{soon, "OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL=" + protocol}
			spanIDs := map[string]string{}
			var instances []*process
			for _, name := range []string{"first", "second"} {
				p := traced(t, settings{"service.name": name, "tracing.sample_ratio": "0"}, variables...)
				instances = append(instances, p)
				c := newClient(t, "http://"+p.api, nil)
				a := c.ask(http.MethodGet, "/v1/notes", "", "Traceparent", "00-"+callers+"-00f067aa0ba902b7-01", "X-Request-Id", "e2e-4711").
					want(t, http.StatusOK, nil)
				if a.Header.Get("X-Trace-Id") != callers {
					t.Errorf("%s: got %v on the response, want the trace of the caller", name, a.Header)
				}
				spanIDs[name] = a.Header.Get("X-Span-Id")
				line := p.await("request", "request_id", "e2e-4711")
				if line["trace_id"] != callers || line["span_id"] != spanIDs[name] {
					t.Errorf("%s: got %v in the log, want the ids of the span", name, line)
				}
				// The next caller has not sampled, and this is respected.
				c.ask(http.MethodGet, "/v1/notes", "", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").
					want(t, http.StatusOK, nil)
			}
			for _, p := range instances {
				stop(t, p)
			}
			spans := requests(received, callers)
			if len(spans) != 2 {
				t.Fatalf("got %+v, want two spans", spans)
			}
			for _, s := range spans {
				if s.SpanID != spanIDs[s.Resource["service.name"]] || s.ParentID != "00f067aa0ba902b7" || s.Attributes["http.route"] != "/v1/notes" {
					t.Errorf("got %+v, want a child of the caller's span", s)
				}
			}
			if got := received.Spans("0af7651916cd43dd8448eb211c80319c"); len(got) > 0 {
				t.Errorf("got %v of a trace that is not sampled", got)
			}
			if got := received.Metrics(); !slices.Contains(got, "http.server.request.duration") || !slices.Contains(got, "go.goroutine.count") {
				t.Errorf("got metrics %v, want those of requests and of the runtime", got)
			}
		})
	}
}

func TestProbesAreNoTraces(t *testing.T) {
	received := collector.New(t)
	p := traced(t, nil, soon, "OTEL_EXPORTER_OTLP_ENDPOINT="+received.HTTP())
	c := newClient(t, "http://"+p.api, nil)
	for range 3 {
		c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)
		c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)
	}
	c.ask(http.MethodGet, "/health/deep", "").want(t, http.StatusNotFound, nil)
	stop(t, p)
	if got := received.Spans(""); len(got) != 1 || got[0].Attributes["url.path"] != "/health/deep" {
		t.Errorf("got %+v, want only the request that is no probe", got)
	}
}

func TestMetricsPointAtTraces(t *testing.T) {
	p := traced(t, nil)
	a := newClient(t, "http://"+p.api, nil).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	metrics := newClient(t, "http://"+p.metrics, nil)
	want := `# {trace_id="` + a.Header.Get("X-Trace-Id") + `"`
	eventually(t, "a bucket has the exemplar "+want, func() bool { // the answer leaves before it is measured
		shown := metrics.ask(http.MethodGet, "/metrics", "", "Accept", "application/openmetrics-text; version=1.0.0").want(t, http.StatusOK, nil).body
		for line := range strings.Lines(shown) {
			if strings.HasPrefix(line, "http_server_request_duration_seconds_bucket{") && strings.Contains(line, want) {
				return true
			}
		}
		return false
	})
}

// Each way to wait would last ten minutes, if anything waited.
func TestACollectorThatFailsDelaysNeitherRequestsNorTheStop(t *testing.T) {
	t.Parallel()
	for name, endpoint := range failing(t) {
		for _, protocol := range []string{"http/protobuf", "grpc"} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				t.Parallel()
				p := traced(t, settings{"server.request_timeout": "5s", "server.shutdown_timeout": "5s"},
					"OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL="+protocol, soon,
					"OTEL_EXPORTER_OTLP_TIMEOUT=600000", "OTEL_BSP_EXPORT_TIMEOUT=600000", "OTEL_METRIC_EXPORT_TIMEOUT=600000",
					"OTEL_METRIC_EXPORT_INTERVAL=50", "OTEL_BSP_MAX_QUEUE_SIZE=50")
				c := newClient(t, "http://"+p.api, nil)
				for range 300 {
					c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
				}
				metrics := newClient(t, "http://"+p.metrics, nil)
				eventually(t, "spans are dropped or refused", func() bool {
					lost := false
					for line := range strings.Lines(metrics.ask(http.MethodGet, "/metrics", "").body) {
						name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
						lost = lost || strings.HasPrefix(name, "otel_sdk_") && strings.Contains(name, "error_type") && value != "0"
					}
					return lost
				})
				c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)

				began := time.Now()
				stop(t, p)
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("the stop took %s, want no more than server.shutdown_timeout", took)
				}
				if n := len(p.entries("telemetry fails", "", nil)); n > 1 {
					t.Errorf("got %d lines about it, want at most one in a minute", n)
				}
			})
		}
	}
}

// failing returns addresses of collectors that do not work.
func failing(t *testing.T) map[string]string {
	t.Helper()
	refused := httptest.NewServer(nil)
	refused.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var held sync.WaitGroup
	held.Go(func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			held.Go(func() {
				defer conn.Close()
				_, _ = io.Copy(io.Discard, conn) // reads, and never answers
			})
		}
	})
	t.Cleanup(func() { // the services, which are stopped first, have hung up
		silent.Close()
		held.Wait()
	})
	return map[string]string{"refused": refused.URL, "silent": "http://" + silent.Addr().String()}
}

func TestWithoutACollectorNothingIsSaidAboutIt(t *testing.T) {
	p := traced(t, nil)
	newClient(t, "http://"+p.api, nil).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	if line := p.await("tracing", "", nil); line["traces"] != "off" || line["metrics"] != "off" {
		t.Errorf("got %v, want that nothing is sent", line)
	}
	stop(t, p)
	for _, entry := range p.log {
		if entry["level"] != "INFO" {
			t.Errorf("got %v, want nothing out of the ordinary", entry)
		}
	}
}

func TestWrongVariablesOfOpenTelemetryStopTheStart(t *testing.T) {
	cmd := tracedServe(t, settings{"tracing.sample_ratio": "2"}, "OTEL_EXPORTER_OTLP_PROTOCOL=http", "OTEL_EXPORTER_OTLP_HEADERS=api key=hunter2")
	p := run(t, cmd)
	if code := p.exit(); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	got := p.stderr.String()
	for _, want := range []string{"\nOTEL_EXPORTER_OTLP_PROTOCOL: ", "\nOTEL_EXPORTER_OTLP_HEADERS: ", variable("tracing.sample_ratio")} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "hunter2") {
		t.Errorf("a secret is shown: %s", got)
	}
}

func TestSlowCollectorGetsEverythingThatFits(t *testing.T) {
	t.Parallel()
	received := collector.New(t)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(200 * time.Millisecond)
		forward(w, r, received.HTTP())
	}))
	defer slow.Close()
	p := traced(t, nil, soon, "OTEL_EXPORTER_OTLP_ENDPOINT="+slow.URL)
	c := newClient(t, "http://"+p.api, nil)
	for n := range 50 {
		c.ask(http.MethodGet, fmt.Sprintf("/v1/notes?limit=%d", n+1), "").want(t, http.StatusOK, nil)
	}
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
	if got := len(requests(received, "")); got != 50 {
		t.Errorf("got %d spans, want 50: what is in the queue is sent before the end", got)
	}
}

// forward sends a request on to a collector.
func forward(w http.ResponseWriter, r *http.Request, to string) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.Path, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	req.Header = r.Header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}
