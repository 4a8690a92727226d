// Package collector is where telemetry goes in tests. It takes traces and metrics
// by OTLP, over HTTP and over gRPC, and keeps them to be looked at.
package collector

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	metricsservice "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	traceservice "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// Collector is a receiver that runs as long as the test.
type Collector struct {
	http *httptest.Server
	grpc net.Listener

	mu      sync.Mutex
	spans   []Span
	metrics map[string]bool
}

// Span is a span as it arrived, with what it says about its service.
type Span struct {
	Name       string
	Kind       trace.Span_SpanKind
	TraceID    string
	SpanID     string
	ParentID   string // empty for the first of a trace
	Failed     bool
	Attributes map[string]string
	Resource   map[string]string
}

// New starts a collector.
func New(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{metrics: make(map[string]bool)}

	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", handle(t, c.addTraces, &traceservice.ExportTraceServiceResponse{}))
	mux.HandleFunc("POST /v1/metrics", handle(t, c.addMetrics, &metricsservice.ExportMetricsServiceResponse{}))
	c.http = httptest.NewServer(mux)
	t.Cleanup(c.http.Close)

	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.grpc = listener
	server := grpc.NewServer()
	traceservice.RegisterTraceServiceServer(server, traceServer{c: c})
	metricsservice.RegisterMetricsServiceServer(server, metricsServer{c: c})
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // ends with Stop
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
	})
	return c
}

// HTTP returns the endpoint for the protocol http/protobuf.
func (c *Collector) HTTP() string { return c.http.URL }

// GRPC returns the endpoint for the protocol grpc.
func (c *Collector) GRPC() string { return "http://" + c.grpc.Addr().String() }

// Spans returns what has arrived of a trace, in the order of arrival; of an empty
// one, everything.
func (c *Collector) Spans(traceID string) []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.spans), func(s Span) bool { return traceID != "" && s.TraceID != traceID })
}

// Metrics returns the names of the metrics that have arrived, in order.
func (c *Collector) Metrics() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.metrics))
}

// handle decodes what is sent over HTTP.
func handle[T any, P interface {
	*T
	proto.Message
}](t testing.TB, add func(P), answer proto.Message) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			unzipped, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Errorf("collector: %v", err)
				return
			}
			body = unzipped
		}
		data, err := io.ReadAll(body)
		if err != nil {
			return // the sender has given up
		}
		message := P(new(T))
		if err := proto.Unmarshal(data, message); err != nil {
			t.Errorf("collector: %v", err)
			return
		}
		add(message)
		data, err = proto.Marshal(answer)
		if err != nil {
			t.Errorf("collector: %v", err)
			return
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(data) // a sender that is gone needs no answer
	}
}

type traceServer struct {
	traceservice.UnimplementedTraceServiceServer
	c *Collector
}

// Export takes traces over gRPC.
func (s traceServer) Export(_ context.Context, in *traceservice.ExportTraceServiceRequest) (*traceservice.ExportTraceServiceResponse, error) {
	s.c.addTraces(in)
	return new(traceservice.ExportTraceServiceResponse), nil
}

type metricsServer struct {
	metricsservice.UnimplementedMetricsServiceServer
	c *Collector
}

// Export takes metrics over gRPC.
func (s metricsServer) Export(_ context.Context, in *metricsservice.ExportMetricsServiceRequest) (*metricsservice.ExportMetricsServiceResponse, error) {
	s.c.addMetrics(in)
	return new(metricsservice.ExportMetricsServiceResponse), nil
}

func (c *Collector) addTraces(in *traceservice.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, from := range in.GetResourceSpans() {
		resource := texts(from.GetResource().GetAttributes())
		for _, scope := range from.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, Span{
					Name: s.GetName(), Kind: s.GetKind(), Failed: s.GetStatus().GetCode() == trace.Status_STATUS_CODE_ERROR,
					TraceID: hex.EncodeToString(s.GetTraceId()), SpanID: hex.EncodeToString(s.GetSpanId()), ParentID: hex.EncodeToString(s.GetParentSpanId()),
					Attributes: texts(s.GetAttributes()), Resource: resource,
				})
			}
		}
	}
}

func (c *Collector) addMetrics(in *metricsservice.ExportMetricsServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, from := range in.GetResourceMetrics() {
		for _, scope := range from.GetScopeMetrics() {
			for _, m := range scope.GetMetrics() {
				c.metrics[m.GetName()] = true
			}
		}
	}
}

// texts returns attributes by name, numbers as text.
func texts(list []*common.KeyValue) map[string]string {
	all := make(map[string]string, len(list))
	for _, a := range list {
		if v, ok := a.GetValue().GetValue().(*common.AnyValue_StringValue); ok {
			all[a.GetKey()] = v.StringValue
		} else {
			all[a.GetKey()] = a.GetValue().String()
		}
	}
	return all
}
