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

	"example.com/acme/sample-service/internal/request"
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

	requests            metric.Int64Counter
	current, deprecated []metric.AddOption

	nextWarning atomic.Int64 // in seconds since 1970
	unreported  atomic.Int64 // requests since the last warning
}

func newRequestCounter(meter metric.Meter) metric.Int64Counter {
	counter, err := meter.Int64Counter("api.version.requests",
		metric.WithDescription("Requests by version of the API, and by whether it is deprecated."))
	if err != nil {
		panic(fmt.Sprintf("httpapi: %v", err)) // only a malformed name gives an error
	}
	return counter
}

func newUsage(version string, l Lifecycle, requests metric.Int64Counter, log *slog.Logger) *usage {
	u := &usage{
		version: version, lifecycle: l, headers: l.headers(), log: log,
		requests:   requests,
		current:    usageLabels(version, false),
		deprecated: usageLabels(version, true),
	}
	// A series that starts at zero shows its first request as an increase.
	u.count(context.Background(), l.deprecated(time.Now()), 0)
	return u
}

// usageLabels are made once for each series: making them is dearer than counting.
func usageLabels(version string, deprecated bool) []metric.AddOption {
	return []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(
		attribute.String("api_version", version),
		attribute.Bool("deprecated", deprecated),
	))}
}

func (u *usage) count(ctx context.Context, deprecated bool, n int64) {
	labels := u.current
	if deprecated {
		labels = u.deprecated
	}
	u.requests.Add(ctx, n, labels...)
}

// admit counts a request and adds what its client must know to the
// response. It reports whether the version is gone.
func (u *usage) admit(response http.Header, req *http.Request) (gone bool) {
	if u.lifecycle == (Lifecycle{}) {
		u.count(req.Context(), false, 1)
		return false
	}
	now := time.Now()
	deprecated := u.lifecycle.deprecated(now)
	u.count(req.Context(), deprecated, 1)
	if deprecated {
		u.warn(req.Context(), now)
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
