package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"example.com/acme/sample-service/internal/health"
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
	handle(o.router.Version("v1", l), operation{ID: "get", Method: "GET", Path: "/thing"},
		func(context.Context, *struct{}) (*output, error) {
			page++
			return &output{Link: []string{fmt.Sprintf(`</v1/thing?page=%d>; rel="next"`, page)}}, nil
		})
	o.router.Version("v9", Lifecycle{})
	return o
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
	})
}
