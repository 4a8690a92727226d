package middleware

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"example.com/acme/sample-service/internal/logging"
	"example.com/acme/sample-service/internal/request"
)

// tracedBy names who makes the spans of requests.
const tracedBy = "example.com/acme/sample-service/internal/middleware"

// Bounds for attributes that callers choose.
const (
	maxTracedHost  = 255
	maxTracedQuery = 256
)

// Trace makes a span of each request by the semantic conventions of OpenTelemetry. It continues the trace of the
// caller, or begins one, and puts the ids on the response and into the record, from where every line of the log has
// them. The calls of the platform's probes are not traced. Secure says that clients reach the service by HTTPS.
//
// What describes a request is what its record says at the end: the status that log and metrics have too, 499 included,
// and the address that is no trusted proxy. A general instrumentation would find out less, at a higher price.
//
// A caller decides about the trace only if trustIncoming is set. Otherwise the request starts a new trace, whose sampling
// is decided here, with a link to the trace of the caller.
func Trace(provider trace.TracerProvider, propagator propagation.TextMapPropagator, secure, trustIncoming bool) Layer {
	t := tracer{
		tracer:     provider.Tracer(tracedBy),
		propagator: propagator,
		options:    []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)},
		scheme:     "http",
		trust:      trustIncoming,
	}
	if secure {
		t.scheme = "https"
	}
	return Layer{
		Name: "trace",
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.serve(next, w, r) })
		},
	}
}

type tracer struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	options    []trace.SpanStartOption
	scheme     string
	trust      bool
}

func (t tracer) serve(next http.Handler, w http.ResponseWriter, r *http.Request) {
	x := exchangeFrom(r.Context())
	if x.route.Probe {
		next.ServeHTTP(w, r)
		return
	}
	ctx := t.propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	options := t.options
	if !t.trust {
		options = append(slices.Clip(options), trace.WithNewRoot())
		if caller := trace.SpanContextFromContext(ctx); caller.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: caller}))
		}
	}
	ctx, span := t.tracer.Start(ctx, spanName(x, r), options...)
	// Deferred, because an aborted response leaves this layer as a panic.
	defer func() {
		if span.IsRecording() {
			t.describe(span, x, r)
		}
		span.End()
	}()
	if ids := span.SpanContext(); ids.IsValid() {
		rec := &x.record
		rec.TraceID, rec.SpanID = ids.TraceID().String(), ids.SpanID().String()
		answered := []string{rec.TraceID, rec.SpanID}
		h := w.Header()
		h[request.HeaderTraceID], h[request.HeaderSpanID] = answered[0:1:1], answered[1:2:2]
	}
	next.ServeHTTP(w, r.WithContext(ctx))
}

// spanName has few values: the method, if the standard knows it, and the template of the route.
func spanName(x *exchange, r *http.Request) string {
	method := knownMethod(r.Method)
	if method == otherMethod {
		method = "HTTP"
	}
	if x.record.Route == "" {
		return method
	}
	return method + " " + x.record.Route
}

// describe is left until the end and to spans that are recorded: the sampler decides by the trace, and most requests
// are not sampled.
func (t tracer) describe(span trace.Span, x *exchange, r *http.Request) {
	status := x.status(r.Context())
	method := knownMethod(r.Method)
	host, port := splitHost(bounded(r.Host, maxTracedHost))
	attrs := make([]attribute.KeyValue, 0, 14)
	attrs = append(attrs,
		attribute.String("http.request.method", method),
		attribute.String("url.scheme", t.scheme),
		attribute.String("url.path", bounded(r.URL.Path, maxLoggedPath)),
		attribute.String("server.address", host),
		attribute.String("client.address", clientAddr(x)),
		attribute.String("network.protocol.version", protocolVersion(r)),
		attribute.String("user_agent.original", bounded(r.UserAgent(), maxLoggedUserAgent)),
		attribute.Int("http.response.status_code", status),
	)
	if method == otherMethod {
		attrs = append(attrs, attribute.String("http.request.method_original", bounded(r.Method, 16)))
	}
	if port > 0 {
		attrs = append(attrs, attribute.Int("server.port", port))
	}
	if x.record.Route != "" {
		attrs = append(attrs, attribute.String("http.route", x.record.Route))
	}
	if r.URL.RawQuery != "" {
		attrs = append(attrs, attribute.String("url.query", bounded(logging.Query(r.URL.RawQuery), maxTracedQuery)))
	}
	if status >= http.StatusInternalServerError {
		// What went wrong stands in the log, under the same trace.
		attrs = append(attrs, attribute.String("error.type", strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
	}
	span.SetAttributes(attrs...)
}

// splitHost splits the Host header. Without a port, or with one that is none, the port is 0.
func splitHost(s string) (host string, port int) {
	host = s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && i > strings.LastIndexByte(s, ']') {
		host = s[:i]
		if n, err := strconv.ParseUint(s[i+1:], 10, 16); err == nil {
			port = int(n)
		}
	}
	return strings.Trim(host, "[]"), port
}
