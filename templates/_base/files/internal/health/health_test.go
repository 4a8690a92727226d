package health

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testConfig = Config{CheckTimeout: 2 * time.Second, CacheFor: time.Second}

func newChecks(t *testing.T) *Checks {
	t.Helper()
	return New(testConfig, slog.New(slog.DiscardHandler), "shop", "v1.2.3", "abc123")
}

func passes(context.Context) error { return nil }

func TestLivenessReportsTheBuildAndCallsNoDependency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		c.Add("database", func(context.Context) error {
			t.Error("liveness called a readiness check")
			return nil
		})
		want := LiveReport{Status: "healthy", Service: "shop", Version: "v1.2.3", Commit: "abc123", Checks: map[string]Result{}}
		if diff := cmp.Diff(want, c.Live(t.Context())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReadinessNamesDependenciesButNoErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		c.Add("good", passes)
		c.Add("down", func(context.Context) error { return errors.New("dial tcp 10.0.0.7:5432: password for admin is wrong") })
		c.Add("slow", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		c.Add("broken", func(context.Context) error { panic("nil map") })
		want := ReadyReport{Service: "shop", Dependencies: map[string]Result{
			"good":   {Healthy: true},
			"down":   {Message: "unavailable"},
			"slow":   {Message: "timed out"},
			"broken": {Message: "unavailable"},
		}}
		if diff := cmp.Diff(want, c.Ready(t.Context())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDrainingOverridesCachedResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		c.Add("database", passes)
		if !c.Ready(t.Context()).Ready {
			t.Fatal("got unready, want ready")
		}
		c.Drain()
		if report := c.Ready(t.Context()); report.Ready || !report.Draining {
			t.Errorf("got %+v, want draining", report)
		}
		if !c.Live(t.Context()).Healthy() {
			t.Error("draining made the process unhealthy")
		}
	})
}
