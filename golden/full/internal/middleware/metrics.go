package middleware

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
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
	m, err := newInstruments(meter, https)
	if err != nil {
		return Layer{}, err
	}
	return newLayer("metrics", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		method := knownMethod(r.Method)
		m.active[method].Add(1)
		// Deferred, because an aborted response panics through this layer.
		defer func() {
			m.record(r)
			m.active[method].Add(-1)
		}()
		next.ServeHTTP(w, r)
	}), nil
}

type instruments struct {
	https        bool
	active       map[string]*atomic.Int64 // by method
	duration     metric.Float64Histogram
	requestSize  metric.Int64Histogram
	responseSize metric.Int64Histogram
	options      sync.Map // from labels to metric.MeasurementOption, because making one takes longer than recording
}

func newInstruments(meter metric.Meter, https bool) (*instruments, error) {
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}
	bytes := []float64{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20}
	m := &instruments{https: https, active: make(map[string]*atomic.Int64)}
	for _, method := range append(knownMethods, otherMethod) {
		m.active[method] = new(atomic.Int64)
	}
	var errs [4]error
	_, errs[0] = meter.Int64ObservableUpDownCounter("http.server.active_requests", metric.WithInt64Callback(m.observe),
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

func (m *instruments) observe(_ context.Context, o metric.Int64Observer) error {
	for method, active := range m.active {
		o.Observe(active.Load(), metric.WithAttributes(
			attribute.String("http.request.method", method), attribute.String("url.scheme", scheme(m.https))))
	}
	return nil
}

func (m *instruments) record(r *http.Request) {
	ctx := r.Context()
	x := exchangeFrom(ctx)
	result := x.finish(ctx)
	l := labelsOf(x, r, result, m.https)
	cached, ok := m.options.Load(l)
	if !ok {
		cached, _ = m.options.LoadOrStore(l, metric.WithAttributeSet(attribute.NewSet(l.attributes()...)))
	}
	option := cached.(metric.MeasurementOption) //nolint:forcetypeassert // nothing else is stored
	if !x.route.Stream || result.status >= http.StatusBadRequest && result.status != problem.StatusClientClosedRequest {
		m.duration.Record(ctx, time.Since(x.start).Seconds(), option)
	}
	m.requestSize.Record(ctx, x.body.bytes, option)
	m.responseSize.Record(ctx, x.response.bytes, option)
}

// labels are the low-cardinality attributes of a request.
type labels struct {
	method, route, protocol, errorType string
	status                             int
	https                              bool
}

func labelsOf(x *exchange, r *http.Request, result outcome, https bool) labels {
	return labels{knownMethod(r.Method), x.record.Route, protocolVersion(r), result.errorType(), result.status, https}
}

func (l labels) attributes() []attribute.KeyValue {
	attrs := []attribute.KeyValue{
		attribute.String("http.request.method", l.method), attribute.String("url.scheme", scheme(l.https)),
		attribute.String("network.protocol.version", l.protocol), attribute.Int("http.response.status_code", l.status),
	}
	if l.route != "" {
		attrs = append(attrs, attribute.String("http.route", l.route))
	}
	if l.errorType != "" {
		attrs = append(attrs, attribute.String("error.type", l.errorType))
	}
	return attrs
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
