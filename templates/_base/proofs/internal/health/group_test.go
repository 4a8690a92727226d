package health

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// blockedLog is a log handler whose lines are never written.
type blockedLog struct {
	slog.Handler
	until chan struct{}
}

func (b blockedLog) Handle(context.Context, slog.Record) error { <-b.until; return nil }
func (b blockedLog) WithAttrs([]slog.Attr) slog.Handler        { return b }

func TestProbesDoNotWaitForTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		c := New(testConfig, slog.New(blockedLog{slog.NewTextHandler(io.Discard, nil), until}), "shop", "v1", "abc")
		c.AddLiveness("log", func(context.Context) error { return Reason("the log is not writable", errors.New("blocked")) })
		for range 3 {
			began := time.Now()
			if report := c.Live(t.Context()); report.Healthy() || report.Checks["log"].Message != "the log is not writable" {
				t.Errorf("got %+v, want it unhealthy with the reason", report)
			}
			if took := time.Since(began); took > 0 {
				t.Errorf("the probe took %s, want no wait", took)
			}
			time.Sleep(testConfig.CacheFor)
		}
		close(until)
	})
}

func TestChecksRunConcurrently(t *testing.T) {
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

func TestHangingCheckIsCalledOnceAndReportedInTime(t *testing.T) {
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
			if took := time.Since(began); took > testConfig.CheckTimeout {
				t.Errorf("probe took %s, want at most %s", took, testConfig.CheckTimeout)
			}
			time.Sleep(testConfig.CacheFor)
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

func TestConcurrentCallersShareOneRunAndResultsAreReused(t *testing.T) {
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
		time.Sleep(testConfig.CacheFor - time.Millisecond)
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

func TestCallerThatLeavesDoesNotCancelTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecks(t)
		c.Add("database", func(ctx context.Context) error {
			time.Sleep(time.Second)
			return ctx.Err()
		})
		hasty, leave := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer leave()
		if !c.Ready(hasty).Ready {
			t.Error("got unready, want ready")
		}
	})
}
