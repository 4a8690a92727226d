package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// Public messages for checks that fail without a reason. The error itself may contain addresses, and goes to the log
// only.
const (
	messageTimedOut    = "timed out"
	messageUnavailable = "unavailable"
)

// group runs its checks together. Concurrent callers share one run, and its results are reused for a while.
type group struct {
	timeout  time.Duration
	cacheFor time.Duration
	log      *slog.Logger
	runs     singleflight.Group

	mu      sync.Mutex
	checks  []*check
	results map[string]Result // of the last run
	ended   time.Time
}

// check is a named Check and its state.
type check struct {
	name    string
	call    Check
	running atomic.Bool // the last call has not returned yet
	logged  Result      // used by one run at a time
}

func (g *group) add(name string, call Check) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.checks = append(g.checks, &check{name: name, call: call, logged: Result{Healthy: true}})
}

// get returns recent results, and whether every check passed.
func (g *group) get(ctx context.Context) (results map[string]Result, healthy bool) {
	g.mu.Lock()
	checks, results := g.checks, g.results
	recent := results != nil && time.Since(g.ended) < g.cacheFor
	g.mu.Unlock()
	if !recent {
		run, _, _ := g.runs.Do("", func() (any, error) { return g.run(ctx, checks), nil })
		results = run.(map[string]Result) //nolint:forcetypeassert // the result of run
	}
	healthy = true
	for _, r := range results {
		healthy = healthy && r.Healthy
	}
	return maps.Clone(results), healthy
}

// run calls all checks concurrently and returns at the deadline at the latest. It continues if the context of the caller
// that started it ends.
func (g *group) run(ctx context.Context, checks []*check) map[string]Result {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.timeout)
	defer cancel()
	errs := make([]error, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() { errs[i] = c.run(ctx) })
	}
	wg.Wait()

	results := make(map[string]Result, len(checks))
	for i, c := range checks {
		results[c.name] = resultOf(errs[i])
		g.logChange(c, results[c.name], errs[i])
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.results, g.ended = results, time.Now()
	return results
}

// run calls the check, unless the previous call still runs: calls that hang must not accumulate.
func (c *check) run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return fmt.Errorf("the previous call has not returned: %w", context.DeadlineExceeded)
	}
	done := make(chan error, 1)
	go func() {
		err := protect(ctx, c.call)
		c.running.Store(false)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// protect turns a panic into an error, so that a broken check fails its probe instead of crashing the process.
func protect(ctx context.Context, call Check) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return call(ctx)
}

func resultOf(err error) Result {
	var public *publicError
	switch {
	case err == nil:
		return Result{Healthy: true}
	case errors.As(err, &public):
		return Result{Healthy: public.degraded, Degraded: public.degraded, Message: public.reason}
	case errors.Is(err, context.DeadlineExceeded):
		return Result{Message: messageTimedOut}
	}
	return Result{Message: messageUnavailable}
}

// logChange logs when the outcome of a check changes. It does not wait for the log, which may be what fails.
func (g *group) logChange(c *check, result Result, err error) {
	previous := c.logged
	c.logged = result
	if result.Healthy != previous.Healthy || result.Degraded != previous.Degraded {
		go g.logResult(c, result, err)
	}
}

func (g *group) logResult(c *check, result Result, err error) {
	attrs := []any{slog.String("check", c.name), slog.Any("error", err)}
	switch {
	case !result.Healthy:
		g.log.Error("health check fails", attrs...)
	case result.Degraded:
		g.log.Warn("health check is degraded", attrs...)
	default:
		g.log.Info("health check passes again", slog.String("check", c.name))
	}
}
