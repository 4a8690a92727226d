package httpapi

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

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
	})
}

func TestRequestsAreCountedFromZero(t *testing.T) {
	o := newOldVersion(Lifecycle{DeprecatedAt: time.Unix(1, 0)})
	if got := o.counts(t); !maps.Equal(got, map[string]int64{"v1": 0, "v9": 0}) {
		t.Errorf("got counts %v before any request, want zeroes", got)
	}
	serve(o.router, "GET", "/v1/thing", "")
	serve(o.router, "GET", "/v1/nothing", "")
	serve(o.router, "GET", "/health", "")
	if got := o.counts(t); !maps.Equal(got, map[string]int64{"v1": 1, "v9": 0}) {
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
		time.Sleep(10 * time.Minute)
		serve(o.router, "GET", "/v1/thing", "")
		if got := lines(); len(got) != 2 {
			t.Errorf("got lines %v, want a second one", got)
		}
	})
}

func TestRequestsToAGoneVersionAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := newOldVersion(Lifecycle{DeprecatedAt: bubbleStart.Add(-day), Sunset: bubbleStart.Add(day), GoneAfterSunset: true})
		wantStatus(t, serve(gone.router, "GET", "/v1/thing", ""), 204)
		time.Sleep(day)
		wantProblem(t, serve(gone.router, "GET", "/v1/thing", ""), 410, "gone")
		if got := gone.counts(t)["v1"]; got != 2 {
			t.Errorf("got %d requests counted, want 2", got)
		}
	})
}

// counts returns the requests by version.
func (o *oldVersion) counts(t *testing.T) map[string]int64 {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := o.reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int64)
	for _, m := range rm.ScopeMetrics[0].Metrics {
		if m.Name != "api.version.requests" {
			continue
		}
		for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
			version, _ := p.Attributes.Value("api_version")
			counts[version.AsString()] += p.Value
		}
	}
	return counts
}
