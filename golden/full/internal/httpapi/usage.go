package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/acme/billing-api/internal/request"
)

// warnEvery bounds how often the use of a deprecated version is logged. The
// metric has every request; the log has an example of who to talk to.
const warnEvery = 10 * time.Minute

// usage counts the requests of one version, and tells clients and operators
// where it stands.
type usage struct {
	version   string
	lifecycle Lifecycle
	headers   http.Header
	log       *slog.Logger

	current, deprecated tally

	nextWarning atomic.Int64 // in seconds since 1970
	unreported  atomic.Int64 // requests since the last warning
}

// tally is one series of the counter. It is read when metrics are collected: to
// tell an instrument of each request would cost the request more.
type tally struct {
	requests atomic.Int64
	labels   metric.ObserveOption
}

func newUsage(version string, l Lifecycle, meter metric.Meter, log *slog.Logger) *usage {
	u := &usage{version: version, lifecycle: l, headers: l.headers(), log: log}
	u.current.labels = usageLabels(version, false)
	u.deprecated.labels = usageLabels(version, true)
	requests, err := meter.Int64ObservableCounter("api.version.requests",
		metric.WithDescription("Requests by version of the API, and by whether it is deprecated."))
	if err == nil {
		_, err = meter.RegisterCallback(func(_ context.Context, out metric.Observer) error {
			u.observe(out, requests)
			return nil
		}, requests)
	}
	if err == nil && !l.Sunset.IsZero() {
		err = showSunset(meter, version, l.Sunset)
	}
	if err != nil {
		panic(fmt.Sprintf("httpapi: %v", err)) // only a malformed name gives an error
	}
	return u
}

// showSunset lets an alert compare the time that is left with the requests that
// still come.
func showSunset(meter metric.Meter, version string, at time.Time) error {
	labels := metric.WithAttributeSet(attribute.NewSet(attribute.String("api_version", version)))
	_, err := meter.Int64ObservableGauge("api.version.sunset.timestamp",
		metric.WithUnit("s"), metric.WithDescription("When a version of the API ends, in seconds since 1970."),
		metric.WithInt64Callback(func(_ context.Context, out metric.Int64Observer) error {
			out.Observe(at.Unix(), labels)
			return nil
		}))
	return err
}

func usageLabels(version string, deprecated bool) metric.ObserveOption {
	return metric.WithAttributeSet(attribute.NewSet(
		attribute.String("api_version", version),
		attribute.Bool("deprecated", deprecated),
	))
}

// observe shows the series of today from the start: one that starts at zero
// shows its first request as an increase.
func (u *usage) observe(out metric.Observer, requests metric.Int64Observable) {
	deprecated := u.lifecycle.deprecated(time.Now())
	if n := u.current.requests.Load(); n > 0 || !deprecated {
		out.ObserveInt64(requests, n, u.current.labels)
	}
	if n := u.deprecated.requests.Load(); n > 0 || deprecated {
		out.ObserveInt64(requests, n, u.deprecated.labels)
	}
}

// admit counts a request and adds what its client must know to the
// response. It reports whether the version is gone.
func (u *usage) admit(response http.Header, req *http.Request) (gone bool) {
	if u.lifecycle == (Lifecycle{}) {
		u.current.requests.Add(1)
		return false
	}
	now := time.Now()
	if u.lifecycle.deprecated(now) {
		u.deprecated.requests.Add(1)
		u.warn(req.Context(), now)
	} else {
		u.current.requests.Add(1)
	}
	maps.Copy(response, u.headers)
	return u.lifecycle.gone(now)
}

// warn logs one of the requests that use a deprecated version, with the number
// of those that came before it and were not logged.
func (u *usage) warn(ctx context.Context, now time.Time) {
	next := u.nextWarning.Load()
	if now.Unix() < next || !u.nextWarning.CompareAndSwap(next, now.Add(warnEvery).Unix()) {
		u.unreported.Add(1)
		return
	}
	rec := request.From(ctx)
	attrs := []slog.Attr{
		slog.String("api_version", u.version),
		slog.String("route", rec.Route),
		slog.Any("client_addr", rec.ClientAddr),
		slog.Int64("unreported", u.unreported.Swap(0)),
	}
	if !u.lifecycle.Sunset.IsZero() {
		attrs = append(attrs, slog.Time("sunset", u.lifecycle.Sunset))
	}
	u.log.LogAttrs(ctx, slog.LevelWarn, "a deprecated version of the API is used", attrs...)
}
