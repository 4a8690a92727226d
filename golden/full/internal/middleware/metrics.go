package middleware

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// maxMeasurements bounds the memory for prepared attribute sets. Methods, routes and versions come from closed lists,
// so the bound is met only by a service with very many routes, which then works as before and a little slower.
const maxMeasurements = 4096

// Metrics counts and times each request by the semantic conventions of OpenTelemetry. No label holds what a caller
// chooses: methods outside the standard become _OTHER, routes are templates, and the Host header is left out.
func Metrics(meter metric.Meter) (Layer, error) {
	m, err := newInstruments(meter)
	if err != nil {
		return Layer{}, err
	}
	return Layer{
		Name: "metrics",
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx := r.Context()
				active := m.active[knownMethod(r.Method)]
				active.begin()
				// Deferred, because an aborted response leaves this layer as a panic.
				defer func() {
					active.end()
					m.observe(ctx, exchangeFrom(ctx), r)
				}()
				next.ServeHTTP(w, r)
			})
		},
	}, nil
}

type instruments struct {
	duration     metric.Float64Histogram
	requestSize  metric.Int64Histogram
	responseSize metric.Int64Histogram

	active map[string]*activeRequests // by method

	prepared atomic.Pointer[map[measurement][]metric.RecordOption] // replaced as a whole, read without a lock
	adding   sync.Mutex
}

// activeRequests is how many requests with one method are being served. It is read when metrics are collected: to tell an
// instrument of each begin and end would cost a request as much as both histograms of sizes.
type activeRequests struct {
	labels metric.ObserveOption
	number atomic.Int64
	seen   atomic.Bool // a method that nobody uses has no series
}

func (a *activeRequests) begin() {
	a.number.Add(1)
	if !a.seen.Load() {
		a.seen.Store(true)
	}
}

func (a *activeRequests) end() { a.number.Add(-1) }

// measurement is what tells one series from another.
type measurement struct {
	method, route string
	status        int
	protocol      string
}

func newInstruments(meter metric.Meter) (*instruments, error) {
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}
	bytes := []float64{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20}

	m := &instruments{active: make(map[string]*activeRequests)}
	m.prepared.Store(new(map[measurement][]metric.RecordOption))
	for _, method := range append(knownMethods(), otherMethod) {
		set := attribute.NewSet(attribute.String("http.request.method", method))
		m.active[method] = &activeRequests{labels: metric.WithAttributeSet(set)}
	}

	var errs [4]error
	_, errs[0] = meter.Int64ObservableUpDownCounter("http.server.active_requests",
		metric.WithUnit("{request}"), metric.WithDescription("Requests being served."),
		metric.WithInt64Callback(m.observeActive))
	m.duration, errs[1] = meter.Float64Histogram("http.server.request.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of requests."),
		metric.WithExplicitBucketBoundaries(seconds...))
	m.requestSize, errs[2] = meter.Int64Histogram("http.server.request.body.size",
		metric.WithUnit("By"), metric.WithDescription("Size of request bodies, as far as they were read."),
		metric.WithExplicitBucketBoundaries(bytes...))
	m.responseSize, errs[3] = meter.Int64Histogram("http.server.response.body.size",
		metric.WithUnit("By"), metric.WithDescription("Size of response bodies as sent, after compression."),
		metric.WithExplicitBucketBoundaries(bytes...))
	return m, errors.Join(errs[:]...)
}

func (m *instruments) observeActive(_ context.Context, out metric.Int64Observer) error {
	for _, active := range m.active {
		if active.seen.Load() {
			out.Observe(active.number.Load(), active.labels)
		}
	}
	return nil
}

func (m *instruments) observe(ctx context.Context, x *exchange, r *http.Request) {
	opts := m.options(measurement{
		method:   knownMethod(r.Method),
		route:    x.record.Route,
		status:   x.status(ctx),
		protocol: protocolVersion(r),
	})
	m.duration.Record(ctx, time.Since(x.start).Seconds(), opts...)
	m.requestSize.Record(ctx, x.body.bytes, opts...)
	m.responseSize.Record(ctx, x.response.bytes, opts...)
}

// options returns the prepared attributes of a measurement.
func (m *instruments) options(key measurement) []metric.RecordOption {
	prepared := *m.prepared.Load()
	if opts, ok := prepared[key]; ok {
		return opts
	}
	opts := []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(
		attribute.String("http.request.method", key.method),
		attribute.String("http.route", key.route),
		attribute.Int("http.response.status_code", key.status),
		attribute.String("network.protocol.version", key.protocol),
	))}
	if len(prepared) < maxMeasurements {
		m.adding.Lock()
		defer m.adding.Unlock()
		grown := maps.Clone(*m.prepared.Load())
		if grown == nil {
			grown = make(map[measurement][]metric.RecordOption)
		}
		grown[key] = opts
		m.prepared.Store(&grown)
	}
	return opts
}

const otherMethod = "_OTHER"

func knownMethods() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace,
	}
}

// knownMethod keeps the methods of the standard. They are case-sensitive.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	}
	return otherMethod
}

func protocolVersion(r *http.Request) string {
	switch {
	case r.ProtoMajor == 1 && r.ProtoMinor == 1:
		return "1.1"
	case r.ProtoMajor == 2:
		return "2"
	case r.ProtoMajor == 3:
		return "3"
	case r.ProtoMajor == 1 && r.ProtoMinor == 0:
		return "1.0"
	}
	return "other"
}
