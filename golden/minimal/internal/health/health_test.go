package health

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
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

func TestFailingLivenessCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		c.AddLiveness("loop", func(context.Context) error { return errors.New("stuck") })
		report := c.Live(t.Context())
		if report.Healthy() || report.Status != "unhealthy" || report.Checks["loop"].Healthy {
			t.Errorf("got %+v, want it unhealthy", report)
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

func TestChangesAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := New(testConfig, slog.New(slog.NewTextHandler(&out, nil)), "shop", "v1", "abc")
		var down atomic.Bool
		c.Add("database", func(context.Context) error {
			if down.Load() {
				return errors.New("connection refused")
			}
			return nil
		})
		probe := func(times int) {
			for range times {
				c.Ready(t.Context())
				synctest.Wait() // for the log
				time.Sleep(testConfig.CacheFor)
			}
		}
		probe(2)
		down.Store(true)
		probe(3)
		down.Store(false)
		probe(3)
		got := out.String()
		if strings.Count(got, "\n") != 2 || strings.Count(got, "connection refused") != 1 || strings.Count(got, "passes again") != 1 {
			t.Errorf("got log\n%swant the error once and the recovery once", got)
		}
	})
}

func TestReasonAndDegraded(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		ready bool
		want  Result
		log   string
	}{
		{
			"why it fails", Reason("the schema is old", errors.New("relation notes does not exist")),
			false, Result{Message: "the schema is old"}, "relation notes does not exist",
		},
		{
			"what is not well", Degraded("every connection is in use"),
			true, Result{Healthy: true, Degraded: true, Message: "every connection is in use"}, "level=WARN",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				checks := New(testConfig, slog.New(slog.NewTextHandler(&out, nil)), "shop", "v1", "abc")
				checks.Add("database", func(context.Context) error { return c.err })
				report := checks.Ready(t.Context())
				synctest.Wait() // for the log
				if report.Ready != c.ready {
					t.Errorf("got ready=%t, want %t", report.Ready, c.ready)
				}
				if diff := cmp.Diff(c.want, report.Dependencies["database"]); diff != "" {
					t.Error(diff)
				}
				if !strings.Contains(out.String(), c.log) {
					t.Errorf("got log %q, want %q in it", out.String(), c.log)
				}
			})
		})
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{testConfig, ""},
		{Config{CheckTimeout: 0, CacheFor: 0}, "check_timeout"},
		{Config{CheckTimeout: time.Minute}, "check_timeout"},
		{Config{CheckTimeout: time.Second, CacheFor: -1}, "cache_for"},
	} {
		errs := c.cfg.Validate()
		if c.want == "" && errs != nil || c.want != "" && (len(errs) != 1 || errs[0].Key != c.want) {
			t.Errorf("%+v: got %v, want %q", c.cfg, errs, c.want)
		}
	}
}
