package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/acton-go/acton-new/internal/verify/servers"
)

// collector receives OTLP over HTTP and gRPC on the same port, behind a link that can simulate failures.
type collector struct {
	link   *servers.Link
	server *http.Server

	mu      sync.Mutex
	spans   []record
	metrics []record
	logs    []record
	invalid []error // errors of invalid requests
}

func collectorCommand(s *script, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: collector start [PORT]|stop|stall|flow|reached|metric FIELD=VALUE…")
	}
	if args[0] == "start" && s.collector == nil {
		return s.startCollector(args[1:])
	}
	c := s.collector
	if c == nil {
		return errors.New("collector: not started")
	}
	switch args[0] {
	case "start":
		return c.link.Restore()
	case "stop":
		c.link.Cut()
	case "stall":
		c.link.Stall()
	case "flow":
		c.link.Flow()
	case "reached": // a client has connected, successfully or not
		if c.link.Accepted() == 0 {
			return unmetf("no client has connected to %s", c.link.Address)
		}
	case "metric":
		_, metrics, err := c.received()
		if err != nil {
			return err
		}
		return s.find("metrics", metrics, -1, args[1:])
	default:
		return fmt.Errorf("unknown subcommand %q", args[0])
	}
	return nil
}

// spansCommand searches the received spans: spans [-count N] name=… kind=server trace_id=… parent_id=… http.route=….
func spansCommand(s *script, args []string) error {
	flags := newFlags("spans")
	count := flags.Int("count", -1, "exact number of spans")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.collector == nil {
		return errors.New("collector: not started")
	}
	spans, _, err := s.collector.received()
	if err != nil {
		return err
	}
	return s.find("spans", spans, *count, flags.Args())
}

// startCollector listens on a free port, or on the given one. It sets $COLLECTOR to the address.
func (s *script) startCollector(args []string) error {
	port := ""
	if len(args) > 0 {
		port = args[0]
	}
	c, listener, err := newCollector(port)
	if err != nil {
		return err
	}
	go c.serve(listener)
	s.collector = c
	s.ts.Setenv("COLLECTOR", c.link.Address)
	return nil
}

func newCollector(port string) (*collector, net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	c := &collector{}
	if c.link, err = servers.OpenLink(listener.Addr().String(), port); err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: serverLimit, Protocols: new(http.Protocols)}
	c.server.Protocols.SetHTTP1(true)
	c.server.Protocols.SetUnencryptedHTTP2(true)
	return c, listener, nil
}

// serve returns after close.
func (c *collector) serve(listener net.Listener) { _ = c.server.Serve(listener) }

func (c *collector) close() {
	c.link.Cut()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if c.server.Shutdown(ctx) != nil {
		_ = c.server.Close()
	}
}

func (c *collector) received() (spans, metrics []record, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spans, c.metrics, errors.Join(c.invalid...)
}

// ServeHTTP handles an export request, which has the wire format of TracesData, MetricsData or LogsData. In gRPC, a
// five-byte prefix precedes the message, and a trailer holds the status.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	grpc := strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		// The client disconnected, as some scripts intend. An incomplete request is not an invalid request.
		panic(http.ErrAbortHandler)
	}
	err = c.handle(r, body, grpc)
	if err != nil {
		c.mu.Lock()
		c.invalid = append(c.invalid, fmt.Errorf("%s: %w", r.URL.Path, err))
		c.mu.Unlock()
	}
	switch {
	case grpc:
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		if err == nil {
			_, _ = w.Write(make([]byte, 5)) // an empty message
		}
		w.Header().Set("Grpc-Status", map[bool]string{true: "0", false: "3"}[err == nil])
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		w.Header().Set("Content-Type", "application/x-protobuf")
	}
}

func (c *collector) handle(r *http.Request, body []byte, grpc bool) error {
	message, err := decodeMessage(r.Header, body, grpc)
	if err != nil {
		return err
	}
	switch r.URL.Path {
	case "/v1/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
		var data tracepb.TracesData
		if err := proto.Unmarshal(message, &data); err != nil {
			return err
		}
		c.addSpans(&data)
	case "/v1/metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
		var data metricspb.MetricsData
		if err := proto.Unmarshal(message, &data); err != nil {
			return err
		}
		c.addMetrics(&data)
	// Loki accepts OTLP on its own path.
	case "/v1/logs", "/otlp/v1/logs":
		var data logspb.LogsData
		if err := proto.Unmarshal(message, &data); err != nil {
			return err
		}
		c.addLogs(&data)
	default:
		return errors.New("unknown path: want traces, metrics or logs")
	}
	return nil
}

// decodeMessage returns the message in a body. In gRPC, a compression flag and the length precede the message.
func decodeMessage(header http.Header, body []byte, grpc bool) ([]byte, error) {
	compressed := header.Get("Content-Encoding") == "gzip"
	if grpc {
		if len(body) < 5 || uint64(len(body)-5) < uint64(binary.BigEndian.Uint32(body[1:5])) {
			return nil, io.ErrUnexpectedEOF
		}
		compressed = body[0] == 1 && header.Get("Grpc-Encoding") == "gzip"
		body = body[5 : 5+binary.BigEndian.Uint32(body[1:5])]
	}
	if !compressed {
		return body, nil
	}
	plain, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

func (c *collector) addSpans(data *tracepb.TracesData) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range data.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				r := record{
					"name":      span.Name,
					"kind":      strings.ToLower(strings.TrimPrefix(span.Kind.String(), "SPAN_KIND_")),
					"trace_id":  hex.EncodeToString(span.TraceId),
					"span_id":   hex.EncodeToString(span.SpanId),
					"parent_id": hex.EncodeToString(span.ParentSpanId),
					"scope":     scope.GetScope().GetName(),
					"status":    strings.ToLower(strings.TrimPrefix(span.GetStatus().GetCode().String(), "STATUS_CODE_")),
				}
				addAttributes(r, "resource.", resource.GetResource().GetAttributes())
				addAttributes(r, "", span.Attributes)
				c.spans = append(c.spans, r)
			}
		}
	}
}

func (c *collector) addMetrics(data *metricspb.MetricsData) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range data.ResourceMetrics {
		for _, scope := range resource.ScopeMetrics {
			for _, metric := range scope.Metrics {
				r := record{"name": metric.Name, "unit": metric.Unit, "scope": scope.GetScope().GetName()}
				addAttributes(r, "resource.", resource.GetResource().GetAttributes())
				c.metrics = append(c.metrics, r)
			}
		}
	}
}

func addAttributes(r record, prefix string, attributes []*commonpb.KeyValue) {
	for _, a := range attributes {
		r[prefix+a.Key] = textOf(a.Value)
	}
}

func textOf(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_BoolValue:
		return strconv.FormatBool(v.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return strconv.FormatInt(v.IntValue, 10)
	case *commonpb.AnyValue_DoubleValue:
		return strconv.FormatFloat(v.DoubleValue, 'g', -1, 64)
	case *commonpb.AnyValue_ArrayValue:
		var texts []string
		for _, element := range v.ArrayValue.Values {
			texts = append(texts, textOf(element))
		}
		return strings.Join(texts, ",")
	}
	return v.String()
}
