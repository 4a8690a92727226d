package middleware

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/acme/billing-api/internal/problem"
)

// Metrics records each request by OpenTelemetry's semantic conventions. No attribute holds text that a client chooses:
// unknown methods are _OTHER, the route is a template, and the Host header is left out. A stream lasts as long as its
// client wants, so it has a duration only if it fails. otelhttp counts no active requests, takes the Host header as an
// attribute, and does not know whether a response arrived.
func Metrics(meter metric.Meter, https bool) (Layer, error) {
	m, err := newInstruments(meter)
	if err != nil {
		return Layer{}, err
	}
	urlScheme := attribute.String("url.scheme", scheme(https))
	active := make(map[string]metric.MeasurementOption)
	for _, method := range append(knownMethods, otherMethod) {
		active[method] = metric.WithAttributes(attribute.String("http.request.method", method), urlScheme)
	}
	return newLayer("metrics", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		ctx, method := r.Context(), knownMethod(r.Method)
		m.active.Add(ctx, 1, active[method])
		// Deferred, because an aborted response panics through this layer.
		defer func() {
			m.active.Add(ctx, -1, active[method])
			m.record(ctx, exchangeFrom(ctx), attribute.String("http.request.method", method), urlScheme,
				attribute.String("network.protocol.version", protocolVersion(r)))
		}()
		next.ServeHTTP(w, r)
	}), nil
}

type instruments struct {
	active       metric.Int64UpDownCounter
	duration     metric.Float64Histogram
	requestSize  metric.Int64Histogram
	responseSize metric.Int64Histogram
}

func newInstruments(meter metric.Meter) (instruments, error) {
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}
	bytes := []float64{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20}
	var m instruments
	var errs [4]error
	m.active, errs[0] = meter.Int64UpDownCounter("http.server.active_requests",
		metric.WithUnit("{request}"), metric.WithDescription("Number of requests in flight."))
	m.duration, errs[1] = meter.Float64Histogram("http.server.request.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of requests, and of streams that failed."),
		metric.WithExplicitBucketBoundaries(seconds...))
	m.requestSize, errs[2] = meter.Int64Histogram("http.server.request.body.size",
		metric.WithUnit("By"), metric.WithDescription("Bytes read of request bodies."),
		metric.WithExplicitBucketBoundaries(bytes...))
	m.responseSize, errs[3] = meter.Int64Histogram("http.server.response.body.size",
		metric.WithUnit("By"), metric.WithDescription("Bytes sent of response bodies, after compression."),
		metric.WithExplicitBucketBoundaries(bytes...))
	return m, errors.Join(errs[:]...)
}

func (m instruments) record(ctx context.Context, x *exchange, attrs ...attribute.KeyValue) {
	result := x.finish(ctx)
	attrs = append(slices.Grow(attrs, 3),
		attribute.String("http.route", x.record.Route), attribute.Int("http.response.status_code", result.status))
	if kind := result.errorType(); kind != "" {
		attrs = append(attrs, attribute.String("error.type", kind))
	}
	set := metric.WithAttributeSet(attribute.NewSet(attrs...))
	if !x.route.Stream || result.status >= http.StatusBadRequest && result.status != problem.StatusClientClosedRequest {
		m.duration.Record(ctx, time.Since(x.start).Seconds(), set)
	}
	m.requestSize.Record(ctx, x.body.bytes, set)
	m.responseSize.Record(ctx, x.response.bytes, set)
}

const otherMethod = "_OTHER"

// knownMethods are the methods of the standard. Any other method is text that a client chooses.
var knownMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodConnect, http.MethodOptions, http.MethodTrace,
}

// knownMethod returns a method of the standard unchanged, and otherMethod for all others.
func knownMethod(method string) string {
	if slices.Contains(knownMethods, method) {
		return method
	}
	return otherMethod
}

func scheme(https bool) string {
	if https {
		return "https"
	}
	return "http"
}

// protocolVersions are the protocols that net/http serves.
var protocolVersions = map[string]string{"HTTP/1.0": "1.0", "HTTP/1.1": "1.1", "HTTP/2.0": "2"}

func protocolVersion(r *http.Request) string { return cmp.Or(protocolVersions[r.Proto], "other") }
