package health

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var usual = Config{CheckTimeout: 2 * time.Second, CacheFor: time.Second}

func newChecks(t *testing.T) *Checks {
	t.Helper()
	return New(usual, slog.New(slog.DiscardHandler), "shop", "v1.2.3", "abc123")
}

func passes(context.Context) error { return nil }

func TestLivenessNamesTheBuildAndCallsNoDependency(t *testing.T) {
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

func TestFailingLivenessCheckMakesTheProcessUnhealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		c.AddLiveness("loop", func(context.Context) error { return errors.New("stuck") })
		report := c.Live(t.Context())
		if report.Healthy() || report.Status != "unhealthy" || report.Checks["loop"].Healthy {
			t.Errorf("got %+v, want it unhealthy", report)
		}
	})
}

func TestReadinessNamesEveryDependencyAndNoError(t *testing.T) {
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

func TestChecksRunSideBySideUnderOneDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		for _, name := range []string{"a", "b", "c"} {
			c.Add(name, func(ctx context.Context) error {
				time.Sleep(1500 * time.Millisecond)
				return nil
			})
		}
		began := time.Now()
		if !c.Ready(t.Context()).Ready {
			t.Error("got unready, want ready")
		}
		if took := time.Since(began); took != 1500*time.Millisecond {
			t.Errorf("three checks took %s, want the time of one", took)
		}
	})
}

func TestHangingCheckHoldsNoProbeBeyondTheDeadlineAndIsCalledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		release := make(chan struct{})
		var calls atomic.Int64
		c.Add("deaf", func(context.Context) error {
			calls.Add(1)
			<-release // and never looks at its context
			return nil
		})
		for range 5 {
			began := time.Now()
			report := c.Ready(t.Context())
			if report.Ready || report.Dependencies["deaf"].Message != "timed out" {
				t.Errorf("got %+v, want a timeout", report)
			}
			if took := time.Since(began); took > usual.CheckTimeout {
				t.Errorf("probe took %s, want at most %s", took, usual.CheckTimeout)
			}
			time.Sleep(usual.CacheFor)
		}
		if n := calls.Load(); n != 1 {
			t.Errorf("hanging check was called %d times, want once", n)
		}

		close(release)
		synctest.Wait()
		if !c.Ready(t.Context()).Ready {
			t.Error("got unready after the check came back, want ready")
		}
		if n := calls.Load(); n != 2 {
			t.Errorf("check was called %d times, want again after it came back", n)
		}
	})
}

func TestConcurrentCallersShareOneRunAndItsAnswerIsReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		var calls atomic.Int64
		c.Add("database", func(context.Context) error {
			calls.Add(1)
			time.Sleep(100 * time.Millisecond)
			return nil
		})
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				if !c.Ready(t.Context()).Ready {
					t.Error("got unready, want ready")
				}
			})
		}
		callers.Wait()
		time.Sleep(usual.CacheFor - time.Millisecond)
		c.Ready(t.Context())
		if n := calls.Load(); n != 1 {
			t.Errorf("check was called %d times, want once within the time of the cache", n)
		}
		time.Sleep(time.Millisecond)
		c.Ready(t.Context())
		if n := calls.Load(); n != 2 {
			t.Errorf("check was called %d times, want again after the time of the cache", n)
		}
	})
}

func TestCallerThatLeavesSpoilsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		c.Add("database", func(ctx context.Context) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		hasty, leave := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer leave()
		if report := c.Ready(hasty); report.Ready || report.Dependencies["database"].Message != "timed out" {
			t.Errorf("hasty caller got %+v, want a timeout", report)
		}
		if !c.Ready(t.Context()).Ready {
			t.Error("patient caller got unready, want ready")
		}
	})
}

func TestDrainingOverridesAnAnswerThatCouldBeReused(t *testing.T) {
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

func TestErrorIsLoggedWhenItBeginsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := New(usual, slog.New(slog.NewTextHandler(&out, nil)), "shop", "v1", "abc")
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
				time.Sleep(usual.CacheFor)
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

func TestCheckTellsItsReason(t *testing.T) {
	for _, c := range []struct {
		rule  string
		err   error
		ready bool
		want  Result
		log   string
	}{
		{
			"why it fails", Because("the schema is old", errors.New("relation notes does not exist")),
			false, Result{Message: "the schema is old"}, "relation notes does not exist",
		},
		{
			"what is not well", Degraded("every connection is in use"),
			true, Result{Healthy: true, Degraded: true, Message: "every connection is in use"}, "level=WARN",
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				checks := New(usual, slog.New(slog.NewTextHandler(&out, nil)), "shop", "v1", "abc")
				checks.Add("database", func(context.Context) error { return c.err })
				report := checks.Ready(t.Context())
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

func TestTwoChecksOfOneNameAreRefused(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("got no panic, want one")
		}
	}()
	c := newChecks(t)
	c.Add("database", passes)
	c.Add("database", passes)
}

func TestSettingsAreChecked(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{usual, ""},
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
