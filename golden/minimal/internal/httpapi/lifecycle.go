package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/time/rate"

	"github.com/acme/billing-api/internal/request"
)

// Lifecycle is the deprecation of a version. The zero value is a version that is not deprecated.
type Lifecycle struct {
	DeprecatedAt    time.Time // clients should move to the successor from this date on; may be in the future
	Sunset          time.Time // the version may stop working at this date
	Successor       string    // path or URL of the next version, such as /v2
	Guide           string    // URL of the migration guide
	GoneAfterSunset bool      // respond 410 from Sunset on
}

func (l Lifecycle) validate() error {
	switch {
	case l.DeprecatedAt.IsZero() && l != Lifecycle{}:
		return errors.New("a lifecycle needs DeprecatedAt")
	case !l.Sunset.IsZero() && l.Sunset.Before(l.DeprecatedAt):
		return errors.New("the Sunset is before DeprecatedAt")
	case l.GoneAfterSunset && l.Sunset.IsZero():
		return errors.New("GoneAfterSunset needs Sunset")
	}
	return nil
}

// headers returns the response headers of RFC 9745, RFC 8594 and RFC 8288. All responses share their values: the links
// have no spare capacity, so that appending to them copies them.
func (l Lifecycle) headers() http.Header {
	h := make(http.Header)
	if !l.DeprecatedAt.IsZero() {
		h.Set("Deprecation", "@"+strconv.FormatInt(l.DeprecatedAt.Unix(), 10))
	}
	if !l.Sunset.IsZero() {
		h.Set("Sunset", l.Sunset.UTC().Format(http.TimeFormat))
	}
	var links []string
	if l.Successor != "" {
		links = append(links, fmt.Sprintf(`<%s>; rel="successor-version"`, l.Successor))
	}
	if l.Guide != "" {
		links = append(links, fmt.Sprintf(`<%s>; rel="deprecation"; type="text/html"`, l.Guide))
	}
	if len(links) > 0 {
		h["Link"] = slices.Clip(links)
	}
	return h
}

// usage counts the requests of one version and announces its deprecation.
type usage struct {
	version   string
	lifecycle Lifecycle
	headers   http.Header
	requests  atomic.Int64
	warning   rate.Sometimes // the metric counts every request, the log has examples
	log       *slog.Logger
}

func newUsage(version string, l Lifecycle, meter metric.Meter, log *slog.Logger) *usage {
	u := &usage{
		version: version, lifecycle: l, headers: l.headers(), log: log,
		warning: rate.Sometimes{Interval: 10 * time.Minute},
	}
	name := metric.WithAttributes(attribute.String("api_version", version))
	requests, err := meter.Int64ObservableCounter("api.version.requests", metric.WithDescription("Requests by API version."))
	sunset, sunsetErr := meter.Int64Gauge("api.version.sunset.timestamp", metric.WithUnit("s"),
		metric.WithDescription("Time at which an API version ends, in seconds since 1970."))
	_, callbackErr := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(requests, u.requests.Load(), name)
		return nil
	}, requests)
	if err := errors.Join(err, sunsetErr, callbackErr); err != nil {
		panic(err) // only an invalid name or unit above is an error
	}
	if !l.Sunset.IsZero() {
		sunset.Record(context.Background(), l.Sunset.Unix(), name)
	}
	return u
}

func (u *usage) deprecated() bool {
	return !u.lifecycle.DeprecatedAt.IsZero() && !time.Now().Before(u.lifecycle.DeprecatedAt)
}

// record counts a request and adds the lifecycle to the response header. It reports whether the version is gone.
func (u *usage) record(ctx context.Context, h http.Header) (gone bool) {
	u.requests.Add(1)
	if u.deprecated() {
		u.warning.Do(func() { u.warn(ctx) })
	}
	maps.Copy(h, u.headers)
	return u.lifecycle.GoneAfterSunset && !time.Now().Before(u.lifecycle.Sunset)
}

func (u *usage) warn(ctx context.Context) {
	rec := request.From(ctx)
	u.log.WarnContext(ctx, "a client uses a deprecated version of the API",
		slog.String("api_version", u.version), slog.String("route", rec.Route),
		slog.Any("client_addr", rec.ClientAddr), slog.String("sunset", u.headers.Get("Sunset")))
}
