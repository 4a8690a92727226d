package httpapi

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/health"
)

func TestHealthIs503WhileALivenessCheckFails(t *testing.T) {
	a := newAPI(t)
	a.checks.AddLiveness("worker", func(context.Context) error { return errDown })
	w := a.do("GET", "/health", "")
	wantStatus(t, w, 503)
	if got := decodeBody[health.LiveReport](t, w); got.Healthy() || got.Checks["worker"].Healthy {
		t.Errorf("got report %+v, want an unhealthy worker", got)
	}
}

func TestReadyListsTheDependencies(t *testing.T) {
	a := newAPI(t)
	a.checks.Add("store", func(context.Context) error { return nil })
	w := a.do("GET", "/ready", "")
	wantStatus(t, w, 200)
	wantHeader(t, w, "Cache-Control", "no-store")
	wantHeader(t, w, "Retry-After", "")
	want := health.ReadyReport{
		Ready: true, Service: "sample-service",
		Dependencies: map[string]health.Result{"store": {Healthy: true}},
	}
	if diff := cmp.Diff(want, decodeBody[health.ReadyReport](t, w)); diff != "" {
		t.Errorf("report differs (-want +got):\n%s", diff)
	}
}

func TestReadyIs503WhileDraining(t *testing.T) {
	a := newAPI(t)
	wantStatus(t, a.do("GET", "/ready", ""), 200)
	a.checks.Drain()
	w := a.do("GET", "/ready", "")
	wantStatus(t, w, 503)
	wantHeader(t, w, "Retry-After", "5")
	wantStatus(t, a.do("GET", "/health", ""), 200)
}
