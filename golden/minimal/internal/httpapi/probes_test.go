package httpapi

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/billing-api/internal/health"
)

var errDown = errors.New("dial tcp 10.0.0.7:5432: connection refused")

func TestHealthReportsTheBuild(t *testing.T) {
	w := newAPI(t).do("GET", "/health", "")
	wantStatus(t, w, 200)
	wantHeader(t, w, "Content-Type", "application/json")
	wantHeader(t, w, "Cache-Control", "no-store")
	want := health.LiveReport{Status: "healthy", Service: "billing-api", Version: "1.2.3", Commit: "abc123"}
	if diff := cmp.Diff(want, decodeBody[health.LiveReport](t, w)); diff != "" {
		t.Errorf("report differs (-want +got):\n%s", diff)
	}
}

func TestReadyIs503WhileADependencyIsDown(t *testing.T) {
	a := newAPI(t)
	a.checks.Add("cache", func(context.Context) error { return nil })
	a.checks.Add("store", func(context.Context) error { return errDown })
	w := a.do("GET", "/ready", "")
	wantStatus(t, w, 503)
	wantHeader(t, w, "Retry-After", "5")
	wantHeader(t, w, "Cache-Control", "no-store")
	want := map[string]health.Result{"cache": {Healthy: true}, "store": {Message: "unavailable"}}
	if diff := cmp.Diff(want, decodeBody[health.ReadyReport](t, w).Dependencies); diff != "" {
		t.Errorf("dependencies differ (-want +got):\n%s", diff)
	}
}
