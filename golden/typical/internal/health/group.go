package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What is told about a check that fails. The error itself may hold addresses
// and names that are nobody's business.
const (
	messageTimedOut    = "timed out"
	messageUnavailable = "unavailable"
)

// group is a set of checks that run together. Callers share one run, and its
// answer is reused for a while.
type group struct {
	timeout  time.Duration
	cacheFor time.Duration
	log      *slog.Logger

	mu     sync.Mutex
	checks []*check
	run    *run // the latest; nil before the first
}

// check is one member of a group.
type check struct {
	name   string
	call   Check
	busy   atomic.Bool // a call has not returned yet, perhaps one of an earlier run
	logged Result      // the outcome that was logged last; runs follow one another, so no lock is needed
}

// run is one run of all checks of a group. Its results are set once done is
// closed.
type run struct {
	done    chan struct{}
	ended   time.Time
	results map[string]Result
	ok      bool
}

func newGroup(cfg Config, log *slog.Logger) *group {
	return &group{timeout: cfg.CheckTimeout, cacheFor: cfg.CacheFor, log: log}
}

// add adds a check. Two checks of one name are a mistake in the wiring.
func (g *group) add(name string, call Check) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.checks {
		if c.name == name {
			panic(fmt.Sprintf("health: two checks are called %q", name))
		}
	}
	g.checks = append(g.checks, &check{name: name, call: call, logged: Result{Healthy: true}})
}

// results returns what a run found that is recent enough, and whether every
// check passed. It waits for a run no longer than ctx allows.
func (g *group) results(ctx context.Context) (map[string]Result, bool) {
	r := g.current() //nolint:contextcheck // callers share a run, which outlives the one who asked first
	select {
	case <-r.done:
		return maps.Clone(r.results), r.ok
	case <-ctx.Done():
		results := make(map[string]Result)
		for _, c := range g.members() {
			results[c.name] = Result{Message: messageTimedOut}
		}
		return results, false
	}
}

// current returns the run under way, or the latest one if it may be reused, or
// a new one.
func (g *group) current() *run {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r := g.run; r != nil {
		select {
		case <-r.done:
			if time.Since(r.ended) < g.cacheFor {
				return r
			}
		default:
			return r
		}
	}
	g.run = &run{done: make(chan struct{})}
	go g.execute(g.run)
	return g.run
}

func (g *group) members() []*check {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.checks)
}

// execute runs all checks side by side. It ends at the deadline even if a check
// does not. The caller who happened to ask first may leave while others wait
// for the answer, so the context of no caller plays a part.
func (g *group) execute(r *run) {
	ctx, cancel := context.WithTimeout(context.Background(), g.timeout)
	defer cancel()

	type outcome struct {
		check *check
		err   error
	}
	checks := g.members()
	outcomes := make(chan outcome, len(checks)) // has room for those that come too late
	pending := make(map[*check]bool, len(checks))
	r.ok, r.results = true, make(map[string]Result, len(checks))
	settle := func(c *check, err error) {
		delete(pending, c)
		result := resultOf(err)
		r.results[c.name] = result
		r.ok = r.ok && result.Healthy
		g.logChange(c, result, err)
	}

	for _, c := range checks {
		if !c.busy.CompareAndSwap(false, true) {
			settle(c, errHanging)
			continue
		}
		pending[c] = true
		go func() {
			err := protect(ctx, c.call)
			c.busy.Store(false)
			outcomes <- outcome{c, err}
		}()
	}
	for len(pending) > 0 && ctx.Err() == nil {
		select {
		case o := <-outcomes:
			settle(o.check, o.err)
		case <-ctx.Done():
		}
	}
	for c := range pending {
		settle(c, ctx.Err())
	}
	r.ended = time.Now()
	close(r.done)
}

// errHanging stands for a check whose last call has still not returned. It is
// not called again: calls that never return must not pile up.
var errHanging = fmt.Errorf("the last call has not returned: %w", context.DeadlineExceeded)

// protect turns a panic into an error: a broken check makes the service
// unready, it does not end the process.
func protect(ctx context.Context, call Check) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return call(ctx)
}

func resultOf(err error) Result {
	var found *finding
	switch {
	case err == nil:
		return Result{Healthy: true}
	case errors.As(err, &found):
		return Result{Healthy: found.passes, Degraded: found.passes, Message: found.reason}
	case errors.Is(err, context.DeadlineExceeded):
		return Result{Message: messageTimedOut}
	default:
		return Result{Message: messageUnavailable}
	}
}

// logChange writes the error of a check once when it begins, and once when the
// check passes again.
func (g *group) logChange(c *check, result Result, err error) {
	before := c.logged
	c.logged = result
	switch {
	case result.Healthy == before.Healthy && result.Degraded == before.Degraded:
	case !result.Healthy:
		g.log.Error("health check fails", slog.String("check", c.name), slog.Any("error", err))
	case result.Degraded:
		g.log.Warn("health check is degraded", slog.String("check", c.name), slog.Any("error", err))
	default:
		g.log.Info("health check passes again", slog.String("check", c.name))
	}
}
