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
)

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
			"what is not well", Degraded("every connection is in use", nil),
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
