package tracing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"

	"example.com/acme/sample-service/test/collector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logged collects what is logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// open starts to trace as the environment says. The caller closes.
func open(t *testing.T, cfg Config) (*Tracing, *logged) {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	out := new(logged)
	tracing, err := Open(t.Context(), cfg, slog.New(slog.NewJSONHandler(out, nil)), "shop", "v1.2.3", "staging")
	if err != nil {
		t.Fatal(err)
	}
	return tracing, out
}

// counted returns a counter of spans as a meter shows it, by what went wrong.
func counted(t *testing.T, tracing *Tracing, name string) map[string]int64 {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	defer func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) }()
	if err := tracing.Count(provider.Meter("test")); err != nil {
		t.Fatal(err)
	}
	var out metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	values := make(map[string]int64)
	for _, m := range out.ScopeMetrics[0].Metrics {
		if m.Name == name {
			for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
				wrong, _ := p.Attributes.Value("error.type")
				values[wrong.AsString()] = p.Value
			}
		}
	}
	return values
}

func TestTracesAndMetricsReachTheCollector(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			received := collector.New(t)
			endpoint := received.HTTP()
			if protocol == "grpc" {
				endpoint = received.GRPC()
			}
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "team=blue")
			tracing, out := open(t, Config{SampleRatio: 1})
			provider := sdkmetric.NewMeterProvider(tracing.Export()...)
			done, err := provider.Meter("test").Int64Counter("work.done")
			if err != nil {
				t.Fatal(err)
			}
			ctx, span := tracing.Provider().Tracer("test").Start(t.Context(), "work")
			done.Add(ctx, 1)
			span.End()
			if err := provider.Shutdown(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
			tracing.Close(context.WithoutCancel(t.Context()))

			spans := received.Spans(span.SpanContext().TraceID().String())
			if len(spans) != 1 || spans[0].Name != "work" {
				t.Fatalf("got %+v, want the span: %s", spans, out)
			}
			for name, want := range map[string]string{
				"service.name": "shop", "service.version": "v1.2.3", "deployment.environment.name": "staging", "team": "blue",
				"telemetry.sdk.language": "go",
			} {
				if got := spans[0].Resource[name]; got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			if spans[0].Resource["service.instance.id"] == "" {
				t.Error("nothing tells this instance from the others")
			}
			if !slices.Contains(received.Metrics(), "work.done") {
				t.Errorf("got metrics %v, want work.done", received.Metrics())
			}
			if got := counted(t, tracing, "otel.sdk.exporter.span.exported"); got[""] != 1 || got["_OTHER"] != 0 {
				t.Errorf("got %v, want one span sent", got)
			}
		})
	}
}

func TestTheNameInTheEnvironmentHasTheLastWord(t *testing.T) {
	received := collector.New(t)
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", received.HTTP()+"/v1/traces")
	t.Setenv("OTEL_SERVICE_NAME", "shop-canary")
	tracing, _ := open(t, Config{SampleRatio: 1})
	_, span := tracing.Provider().Tracer("test").Start(t.Context(), "work")
	span.End()
	tracing.Close(context.WithoutCancel(t.Context()))
	if spans := received.Spans(""); len(spans) != 1 || spans[0].Resource["service.name"] != "shop-canary" {
		t.Errorf("got %+v, want one span of shop-canary", spans)
	}
}

func TestWithoutAnEndpointNobodyIsCalled(t *testing.T) {
	tracing, out := open(t, Config{SampleRatio: 1})
	if got := len(tracing.Export()); got != 1 {
		t.Errorf("got %d options for metrics, want only whose they are", got)
	}
	_, span := tracing.Provider().Tracer("test").Start(t.Context(), "work")
	if !span.SpanContext().IsSampled() {
		t.Error("got a trace that others would not record")
	}
	span.End()
	tracing.Close(context.WithoutCancel(t.Context()))
	if log := out.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, `"traces":"off","metrics":"off"`) {
		t.Errorf("got %s, want one line that says so", log)
	}
}

func TestSwitchedOffNothingIsRecordedAndTheTraceOfACallerGoesOn(t *testing.T) {
	received := collector.New(t)
	t.Setenv("OTEL_SDK_DISABLED", "true")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.HTTP())
	tracing, _ := open(t, Config{SampleRatio: 1})
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	ctx := tracing.Propagator().Extract(t.Context(), propagation.MapCarrier{"traceparent": parent})
	ctx, span := tracing.Provider().Tracer("test").Start(ctx, "work")
	sent := propagation.MapCarrier{}
	tracing.Propagator().Inject(ctx, sent)
	span.End()
	tracing.Close(context.WithoutCancel(t.Context()))
	if span.IsRecording() || len(received.Spans("")) > 0 || len(tracing.Export()) != 1 || sent["traceparent"] != parent {
		t.Errorf("got recording %t, %d spans and %v, want only the trace of the caller", span.IsRecording(), len(received.Spans("")), sent)
	}
}

func TestTheShareOfTracesIsThatOfTheSettingOrTheVariable(t *testing.T) {
	for _, tt := range []struct {
		ratio             float64
		sampler, argument string
		least, most       int
		log               string
	}{
		{1, "", "", 1000, 1000, "parentbased_traceidratio 1"},
		{0, "", "", 0, 0, "parentbased_traceidratio 0"},
		{0.1, "", "", 40, 200, "parentbased_traceidratio 0.1"}, // six standard deviations and more
		{1, "always_off", "", 0, 0, "always_off"},
		{0, "parentbased_traceidratio", "1", 1000, 1000, "parentbased_traceidratio 1"},
	} {
		t.Setenv("OTEL_TRACES_SAMPLER", tt.sampler)
		t.Setenv("OTEL_TRACES_SAMPLER_ARG", tt.argument)
		tracing, out := open(t, Config{SampleRatio: tt.ratio})
		sampled := 0
		for range 1000 {
			_, span := tracing.Provider().Tracer("test").Start(t.Context(), "work")
			if span.SpanContext().IsSampled() {
				sampled++
			}
			span.End()
		}
		tracing.Close(context.WithoutCancel(t.Context()))
		if sampled < tt.least || sampled > tt.most || !strings.Contains(out.String(), `"sampler":"`+tt.log+`"`) {
			t.Errorf("%+v: got %d of 1000 and %s", tt, sampled, out)
		}
	}
}

// silent returns the address of a listener that accepts connections and never answers.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// A client may keep a connection that it has no use for, so this end closes it.
	over := make(chan struct{})
	var held sync.WaitGroup
	held.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			held.Go(func() {
				<-over
				conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		close(over)
		held.Wait()
	})
	return "http://" + listener.Addr().String()
}

// The test ends at all: each wait that is not bounded would last ten minutes.
func TestACollectorThatFailsHoldsNothingUp(t *testing.T) {
	const spans, queue = 5000, 100
	refused := httptest.NewServer(nil)
	refused.Close()
	unable := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer unable.Close()
	for name, endpoint := range map[string]string{"refused": refused.URL, "silent": silent(t), "unable": unable.URL} {
		for _, protocol := range []string{"http/protobuf", "grpc"} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint)
				t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
				t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600000")
				t.Setenv("OTEL_BSP_EXPORT_TIMEOUT", "600000")
				t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", fmt.Sprint(queue))
				tracing, out := open(t, Config{SampleRatio: 1})
				for range spans {
					_, span := tracing.Provider().Tracer("test").Start(t.Context(), "work")
					span.End()
				}
				tracing.Close(context.WithoutCancel(t.Context()))

				exported := counted(t, tracing, "otel.sdk.exporter.span.exported")
				processed := counted(t, tracing, "otel.sdk.processor.span.processed")
				if exported[""] != 0 || processed["queue_full"] == 0 || processed["queue_full"] > spans {
					t.Errorf("got %v and %v, want no span sent, and dropped ones", exported, processed)
				}
				if n := strings.Count(out.String(), `"msg":"telemetry fails"`); n > 1 {
					t.Errorf("got %d lines about it, want at most one: %s", n, out)
				}
			})
		}
	}
}

func TestTheEndOfTheStopEndsTheFlushToo(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", silent(t))
	tracing, out := open(t, Config{SampleRatio: 1})
	_, span := tracing.Provider().Tracer("test").Start(t.Context(), "work")
	span.End()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	tracing.Close(over)
	if !strings.Contains(out.String(), `"msg":"traces were not flushed"`) {
		t.Errorf("got %s, want a line about what is lost", out)
	}
}

func TestNoMoreSpansWaitThanTheQueueHolds(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", silent(t))
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "10")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
	tracing, _ := open(t, Config{SampleRatio: 1})
	for range 7 {
		_, span := tracing.Provider().Tracer("test").Start(t.Context(), "work")
		span.End()
	}
	if got := counted(t, tracing, "otel.sdk.processor.span.processed"); got["queue_full"] != 0 {
		t.Errorf("got %v, want nothing dropped while there is room", got)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	tracing.Close(over)
}

func TestErrorsAreReportedOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		r := &reporter{log: slog.New(slog.NewJSONHandler(&out, nil))}
		for range 90 { // a minute and a half
			r.Handle(errors.New("refused"))
			time.Sleep(time.Second)
		}
		var suppressed []float64
		for line := range strings.Lines(out.String()) {
			var entry map[string]any
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatal(err)
			}
			if entry["msg"] != "telemetry fails" || entry["level"] != "WARN" || entry["error"] != "refused" {
				t.Errorf("got %v", entry)
			}
			suppressed = append(suppressed, entry["suppressed"].(float64))
		}
		if !slices.Equal(suppressed, []float64{0, 59}) {
			t.Errorf("got lines with %v suppressed, want one at once and one after a minute", suppressed)
		}
	})
}

func TestErrorsOfTheLibraryReachTheLog(t *testing.T) {
	tracing, out := open(t, Config{SampleRatio: 1})
	defer tracing.Close(context.WithoutCancel(t.Context()))
	otel.Handle(errors.New("something is wrong"))
	// The handler is that of the process: what another test left behind may have come first, and then this one is suppressed.
	if !strings.Contains(out.String(), `"msg":"telemetry fails"`) {
		t.Errorf("got %s, want the error", out)
	}
	if otel.GetTracerProvider() != tracing.Provider() {
		t.Error("libraries find another provider")
	}
}
