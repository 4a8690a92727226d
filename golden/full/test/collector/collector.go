// Package collector is an OTLP receiver for tests. It keeps the spans and the names of the metrics that it receives,
// over HTTP and gRPC.
package collector

import (
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

// Collector is a receiver that runs until the test ends.
type Collector struct {
	http *httptest.Server
	grpc net.Listener

	mu      sync.Mutex
	spans   []Span
	metrics map[string]bool
}

// Span is a received span, with the attributes of its resource.
type Span struct {
	Name       string
	Kind       trace.Span_SpanKind
	TraceID    string
	SpanID     string
	ParentID   string   // empty for a root span
	Links      []string // the ids of the linked traces
	Attributes map[string]string
	Resource   map[string]string
}

// New starts a collector.
func New(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{metrics: make(map[string]bool)}

	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", receive(t, new(traceservice.ExportTraceServiceRequest), c.addTraces))
	mux.HandleFunc("POST /v1/metrics", receive(t, new(metricsservice.ExportMetricsServiceRequest), c.addMetrics))
	c.http = httptest.NewServer(mux)
	t.Cleanup(c.http.Close)

	var err error
	if c.grpc, err = net.Listen("tcp", "127.0.0.1:0"); err != nil { //nolint:noctx // does not block
		t.Fatal(err)
	}
	server := grpc.NewServer()
	traceservice.RegisterTraceServiceServer(server, traceServer{c: c})
	metricsservice.RegisterMetricsServiceServer(server, metricsServer{c: c})
	go func() { _ = server.Serve(c.grpc) }()
	t.Cleanup(server.Stop) // waits for Serve
	return c
}

// HTTP returns the endpoint for the protocol http/protobuf.
func (c *Collector) HTTP() string { return c.http.URL }

// GRPC returns the endpoint for the protocol grpc.
func (c *Collector) GRPC() string { return "http://" + c.grpc.Addr().String() }

// Spans returns the received spans of a trace in the order of arrival, or of all traces if traceID is empty.
func (c *Collector) Spans(traceID string) []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.spans), func(s Span) bool { return traceID != "" && s.TraceID != traceID })
}

// Metrics returns the sorted names of the received metrics.
func (c *Collector) Metrics() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.metrics))
}

// receive returns a handler that decodes a request of the type of empty. An empty body is a valid OTLP response.
func receive[M proto.Message](t testing.TB, empty M, add func(M)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client gave up
		}
		message := empty.ProtoReflect().New().Interface().(M) //nolint:forcetypeassert // New returns the same type
		if err := proto.Unmarshal(data, message); err != nil {
			t.Errorf("collector: %v", err)
		}
		add(message)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}
}

type traceServer struct {
	traceservice.UnimplementedTraceServiceServer
	c *Collector
}

func (s traceServer) Export(_ context.Context, in *traceservice.ExportTraceServiceRequest) (*traceservice.ExportTraceServiceResponse, error) {
	s.c.addTraces(in)
	return new(traceservice.ExportTraceServiceResponse), nil
}

type metricsServer struct {
	metricsservice.UnimplementedMetricsServiceServer
	c *Collector
}

func (s metricsServer) Export(_ context.Context, in *metricsservice.ExportMetricsServiceRequest) (*metricsservice.ExportMetricsServiceResponse, error) {
	s.c.addMetrics(in)
	return new(metricsservice.ExportMetricsServiceResponse), nil
}

func (c *Collector) addTraces(in *traceservice.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, from := range in.GetResourceSpans() {
		for _, scope := range from.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				span := Span{
					Name: s.GetName(), Kind: s.GetKind(),
					TraceID: hex.EncodeToString(s.GetTraceId()), SpanID: hex.EncodeToString(s.GetSpanId()),
					ParentID:   hex.EncodeToString(s.GetParentSpanId()),
					Attributes: attributes(s.GetAttributes()), Resource: attributes(from.GetResource().GetAttributes()),
				}
				for _, link := range s.GetLinks() {
					span.Links = append(span.Links, hex.EncodeToString(link.GetTraceId()))
				}
				c.spans = append(c.spans, span)
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

// attributes returns attributes by name, numbers as text.
func attributes(list []*common.KeyValue) map[string]string {
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
