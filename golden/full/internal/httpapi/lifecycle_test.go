package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/acme/billing-api/internal/health"
)

// The clock of a synctest bubble starts at this time.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// oldVersion is a router with a version that has the lifecycle and one route.
type oldVersion struct {
	router *Router
	log    bytes.Buffer
	reader *sdkmetric.ManualReader
}

func newOldVersion(l Lifecycle) *oldVersion {
	o := &oldVersion{reader: sdkmetric.NewManualReader()}
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(o.reader)).Meter("test")
	log := slog.New(slog.NewJSONHandler(&o.log, nil))
	o.router = NewRouter(health.New(health.Config{}, log, "", "", ""), meter, log)
	type output struct {
		Link []string `header:"Link"`
	}
	page := 1
	Handle(o.router.Version("v1", l), Operation{ID: "get", Method: "GET", Path: "/thing"},
		func(context.Context, *struct{}) (*output, error) {
			page++
			return &output{Link: []string{fmt.Sprintf(`</v1/thing?page=%d>; rel="next"`, page)}}, nil
		})
	o.router.Version("v9", Lifecycle{})
	return o
}

// counts returns the requests by version and by whether it was deprecated.
func (o *oldVersion) counts(t *testing.T) map[string]int64 {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := o.reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int64)
	for _, p := range rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]).DataPoints {
		version, _ := p.Attributes.Value("api_version")
		deprecated, _ := p.Attributes.Value(attribute.Key("deprecated"))
		counts[version.AsString()+" deprecated="+deprecated.String()] = p.Value
	}
	return counts
}

func TestACurrentVersionHasNoLifecycleHeaders(t *testing.T) {
	o := newOldVersion(Lifecycle{})
	w := serve(o.router, "GET", "/v1/thing", "")
	wantStatus(t, w, 204)
	wantHeader(t, w, "Deprecation", "")
	wantHeader(t, w, "Sunset", "")
	wantHeader(t, w, "Link", `</v1/thing?page=2>; rel="next"`)
	if o.log.Len() > 0 {
		t.Errorf("got log %s, want none", &o.log)
	}
}

func TestADeprecatedVersionHasLifecycleHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOldVersion(Lifecycle{
			DeprecatedAt: bubbleStart,
			Sunset:       bubbleStart.Add(180 * day),
			Successor:    "/v2",
			Guide:        "https://example.com/guide",
		})
		// The responses share the headers of the version, but not their own Link.
		first := serve(o.router, "GET", "/v1/thing", "")
		second := serve(o.router, "GET", "/v1/thing", "")
		for page, w := range map[string]*httptest.ResponseRecorder{"2": first, "3": second} {
			wantStatus(t, w, 204)
			wantHeader(t, w, "Deprecation", "@946684800")
			wantHeader(t, w, "Sunset", "Thu, 29 Jun 2000 00:00:00 GMT")
			wantHeader(t, w, "Link", `</v2>; rel="successor-version", `+
				`<https://example.com/guide>; rel="deprecation"; type="text/html", `+
				`</v1/thing?page=`+page+`>; rel="next"`)
		}
	})
}

func TestSunsetMetric(t *testing.T) {
	for _, c := range []struct {
		lifecycle Lifecycle
		want      map[string]int64
	}{
		{Lifecycle{}, map[string]int64{}},
		{Lifecycle{DeprecatedAt: bubbleStart}, map[string]int64{}},
		{Lifecycle{DeprecatedAt: bubbleStart, Sunset: bubbleStart.Add(day)}, map[string]int64{"v1": 946684800 + 86400}},
	} {
		var rm metricdata.ResourceMetrics
		if err := newOldVersion(c.lifecycle).reader.Collect(t.Context(), &rm); err != nil {
			t.Fatal(err)
		}
		got := make(map[string]int64)
		for _, m := range rm.ScopeMetrics[0].Metrics {
			if m.Name != "api.version.sunset.timestamp" {
				continue
			}
			for _, p := range m.Data.(metricdata.Gauge[int64]).DataPoints {
				version, _ := p.Attributes.Value("api_version")
				got[version.AsString()] = p.Value
			}
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%+v: got %v, want %v", c.lifecycle, got, c.want)
		}
	}
}

func TestAFutureDeprecationIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOldVersion(Lifecycle{DeprecatedAt: bubbleStart.Add(day)})
		wantHeader(t, serve(o.router, "GET", "/v1/thing", ""), "Deprecation", "@946771200")
		if o.log.Len() > 0 {
			t.Errorf("got log %s before the day, want none", &o.log)
		}
		time.Sleep(day)
		serve(o.router, "GET", "/v1/thing", "")
		if o.log.Len() == 0 {
			t.Error("got no log on the day")
		}
		if got := o.counts(t); got["v1 deprecated=false"] != 1 || got["v1 deprecated=true"] != 1 {
			t.Errorf("got counts %v, want one request before and one on the day", got)
		}
	})
}

func TestGoneAfterSunset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Lifecycle{DeprecatedAt: bubbleStart.Add(-day), Sunset: bubbleStart.Add(day), Successor: "/v2"}
		kept := newOldVersion(l)
		l.GoneAfterSunset = true
		gone := newOldVersion(l)
		wantStatus(t, serve(gone.router, "GET", "/v1/thing", ""), 204)
		time.Sleep(day)
		wantStatus(t, serve(kept.router, "GET", "/v1/thing", ""), 204)
		w := serve(gone.router, "GET", "/v1/thing", "")
		wantProblem(t, w, 410, "gone")
		wantHeader(t, w, "Sunset", "Sun, 02 Jan 2000 00:00:00 GMT")
		wantHeader(t, w, "Link", `</v2>; rel="successor-version"`)
		if got := gone.counts(t)["v1 deprecated=true"]; got != 2 {
			t.Errorf("got %d requests counted, want 2", got)
		}
	})
}

func TestRequestsAreCountedFromZero(t *testing.T) {
	o := newOldVersion(Lifecycle{DeprecatedAt: time.Unix(1, 0)})
	if got := o.counts(t); len(got) != 2 || got["v1 deprecated=true"] != 0 || got["v2 deprecated=false"] != 0 {
		t.Errorf("got counts %v before any request, want zeroes", got)
	}
	serve(o.router, "GET", "/v1/thing", "")
	serve(o.router, "GET", "/v1/nothing", "")
	serve(o.router, "GET", "/health", "")
	if got := o.counts(t); got["v1 deprecated=true"] != 1 || got["v2 deprecated=false"] != 0 {
		t.Errorf("got counts %v, want one for v1", got)
	}
}

func TestWarningsAreRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOldVersion(Lifecycle{DeprecatedAt: bubbleStart})
		lines := func() (got []map[string]any) {
			for dec := json.NewDecoder(bytes.NewReader(o.log.Bytes())); dec.More(); {
				var line map[string]any
				if err := dec.Decode(&line); err != nil {
					t.Fatal(err)
				}
				got = append(got, line)
			}
			return got
		}
		for range 100 {
			serve(o.router, "GET", "/v1/thing", "")
		}
		if got := lines(); len(got) != 1 || got[0]["level"] != "WARN" || got[0]["api_version"] != "v1" {
			t.Fatalf("got lines %v, want one warning about v1", got)
		}
		time.Sleep(warnInterval)
		serve(o.router, "GET", "/v1/thing", "")
		if got := lines(); len(got) != 2 {
			t.Errorf("got lines %v, want a second one", got)
		}
	})
}
