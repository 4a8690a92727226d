package middleware

import (
	"log/slog"
	"net"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/billing-api/internal/logging"
)

// Headers that tell a client the ids of the trace of its request.
const (
	headerTraceID = "X-Trace-Id"
	headerSpanID  = "X-Span-Id"
)

// Bounds, in bytes, for attributes that clients choose.
const (
	maxTracedHost  = 255
	maxTracedQuery = 256
)

// Trace records a span for each request by OpenTelemetry's semantic conventions, and sets its ids
// on the response. Probes are not traced. https says that clients reach the service by HTTPS.
//
// The span starts a new trace and links to the span of the caller, so that callers can neither force sampling nor pass
// baggage on. With trustIncoming it continues the trace of the caller. otelhttp does not know the outcome of a request.
func Trace(provider trace.TracerProvider, propagator propagation.TextMapPropagator, https, trustIncoming bool) Layer {
	tracer := provider.Tracer("github.com/acme/billing-api/internal/middleware")
	return newLayer("trace", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		x := exchangeFrom(r.Context())
		if x.route.Probe {
			next.ServeHTTP(w, r)
			return
		}
		ctx, opts := r.Context(), []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}
		parent, incoming := ctx, propagator.Extract(ctx, propagation.HeaderCarrier(r.Header))
		if trustIncoming {
			parent = incoming
		} else if caller := trace.SpanContextFromContext(incoming); caller.IsValid() {
			opts = append(opts, trace.WithLinks(trace.Link{SpanContext: caller}))
		}
		traced, span := tracer.Start(parent, spanName(x, r), opts...)
		// Deferred, because an aborted response panics through this layer.
		defer func() {
			if result := x.finish(ctx); span.IsRecording() {
				span.SetAttributes(spanAttributes(x, r, labelsOf(x, r, result, https))...)
				if result.errorType() != "" {
					span.SetStatus(codes.Error, "")
				}
			}
			span.End()
		}()
		if ids := span.SpanContext(); ids.IsValid() {
			w.Header().Set(headerTraceID, ids.TraceID().String())
			w.Header().Set(headerSpanID, ids.SpanID().String())
		}
		next.ServeHTTP(w, r.WithContext(traced))
	}, slog.Bool("trust_incoming", trustIncoming))
}

// spanName returns the method, if it is a method of the standard, and the template of the route.
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

func spanAttributes(x *exchange, r *http.Request, l labels) []attribute.KeyValue {
	attrs := append(l.attributes(),
		attribute.String("url.path", bounded(r.URL.Path, maxLoggedPath)),
		attribute.String("client.address", clientAddr(x)),
		attribute.String("user_agent.original", bounded(r.UserAgent(), maxLoggedUserAgent)))
	if l.method == otherMethod {
		attrs = append(attrs, attribute.String("http.request.method_original", bounded(r.Method, 16)))
	}
	host := bounded(r.Host, maxTracedHost)
	if name, port, err := net.SplitHostPort(host); err == nil {
		host = name
		if number, err := strconv.ParseUint(port, 10, 16); err == nil {
			attrs = append(attrs, attribute.Int("server.port", int(number)))
		}
	}
	attrs = append(attrs, attribute.String("server.address", host))
	if r.URL.RawQuery != "" {
		attrs = append(attrs, attribute.String("url.query", bounded(logging.Query(r.URL.RawQuery), maxTracedQuery)))
	}
	return attrs
}
