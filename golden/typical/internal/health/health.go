// Package health answers the liveness and the readiness probe.
//
// Liveness never calls a dependency: a restart cannot fix a dependency. Readiness calls every dependency that
// requests need. A probe response names the failed check and its public reason. The error itself goes to the log.
package health

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// Check returns an error if a dependency, or a part of the service, is unhealthy. It should return soon after its
// context is done.
type Check func(ctx context.Context) error

// publicError is an error with a reason that callers of the probes may read.
type publicError struct {
	reason   string
	degraded bool
	err      error
}

func (e *publicError) Error() string {
	if e.err == nil {
		return e.reason
	}
	return e.reason + ": " + e.err.Error()
}

func (e *publicError) Unwrap() error { return e.err }

// Reason adds a public reason to err. Probe responses show the reason, so it must not contain addresses, names or values.
func Reason(reason string, err error) error { return &publicError{reason: reason, err: err} }

// Degraded adds a public reason to err, and marks the check as degraded. The service stays ready.
func Degraded(reason string, err error) error {
	return &publicError{reason: reason, degraded: true, err: err}
}

// Checks holds the checks of a service. It is safe for concurrent use.
type Checks struct {
	service, version, commit string

	live     group
	ready    group
	draining atomic.Bool
}

// New returns checks for a service and its build.
func New(cfg Config, log *slog.Logger, service, version, commit string) *Checks {
	c := &Checks{service: service, version: version, commit: commit}
	for name, g := range map[string]*group{"liveness": &c.live, "readiness": &c.ready} {
		g.timeout, g.cacheFor, g.log = cfg.CheckTimeout, cfg.CacheFor, log.With(slog.String("probe", name))
	}
	return c
}

// Add adds a check that must pass for the service to be ready. Each check has its own name.
func (c *Checks) Add(name string, check Check) { c.ready.add(name, check) }

// AddLiveness adds a check to the liveness probe. If the check keeps failing, the orchestrator restarts the service.
func (c *Checks) AddLiveness(name string, check Check) { c.live.add(name, check) }

// Drain makes the service unready until it stops.
func (c *Checks) Drain() { c.draining.Store(true) }

// Result is the outcome of one check.
type Result struct {
	Healthy  bool   `json:"healthy"`
	Degraded bool   `json:"degraded,omitempty"`
	Message  string `json:"message,omitempty"`
}

// LiveReport is the response of the liveness probe.
type LiveReport struct {
	Status  string            `json:"status"` // healthy or unhealthy
	Service string            `json:"service"`
	Version string            `json:"version"`
	Commit  string            `json:"commit"`
	Checks  map[string]Result `json:"checks,omitempty"`
}

// Healthy reports whether every liveness check passed.
func (r LiveReport) Healthy() bool { return r.Status == "healthy" }

// ReadyReport is the response of the readiness probe.
type ReadyReport struct {
	Ready        bool              `json:"ready"`
	Draining     bool              `json:"draining,omitempty"`
	Service      string            `json:"service"`
	Dependencies map[string]Result `json:"dependencies"`
}

// Live runs the liveness checks.
func (c *Checks) Live(ctx context.Context) LiveReport {
	report := LiveReport{Status: "healthy", Service: c.service, Version: c.version, Commit: c.commit}
	var ok bool
	if report.Checks, ok = c.live.get(ctx); !ok {
		report.Status = "unhealthy"
	}
	return report
}

// Ready runs the readiness checks. While the service drains, it runs none.
func (c *Checks) Ready(ctx context.Context) ReadyReport {
	if c.draining.Load() {
		return ReadyReport{Draining: true, Service: c.service, Dependencies: map[string]Result{}}
	}
	results, ok := c.ready.get(ctx)
	return ReadyReport{Ready: ok, Service: c.service, Dependencies: results}
}
