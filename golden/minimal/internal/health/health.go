// Package health answers the two questions that an orchestrator asks. Is the
// process alive, or must it be restarted? Is it ready, or must requests go
// elsewhere for now?
//
// Liveness never looks at a dependency: a restart heals no database. Readiness
// looks at every one that requests need. Callers learn only that a check fails
// and whether it timed out; what the dependency said is in the log.
package health

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// Check returns an error while something does not work. It should return soon
// after its context is done.
type Check func(ctx context.Context) error

// Checks holds the checks of a service. It is safe for concurrent use.
type Checks struct {
	service, version, commit string

	live     *group
	ready    *group
	draining atomic.Bool
}

// New returns checks for the build of a service that is described by service,
// version and commit.
func New(cfg Config, log *slog.Logger, service, version, commit string) *Checks {
	return &Checks{
		service: service,
		version: version,
		commit:  commit,
		live:    newGroup(cfg, log.With(slog.String("probe", "liveness"))),
		ready:   newGroup(cfg, log.With(slog.String("probe", "readiness"))),
	}
}

// Add adds a check that must pass for the service to be ready.
func (c *Checks) Add(name string, check Check) { c.ready.add(name, check) }

// AddLiveness adds a check that must pass for the service to be left running.
func (c *Checks) AddLiveness(name string, check Check) { c.live.add(name, check) }

// Drain makes the service unready for good, because it is about to stop.
func (c *Checks) Drain() { c.draining.Store(true) }

// Result is what is told about one check.
type Result struct {
	Healthy bool   `json:"healthy"`
	Message string `json:"message,omitempty" doc:"Why the check fails: timed out or unavailable."`
}

// LiveReport tells whether the process is alive, and which build it is.
type LiveReport struct {
	Status  string            `json:"status" enum:"healthy,unhealthy"`
	Service string            `json:"service"`
	Version string            `json:"version"`
	Commit  string            `json:"commit"`
	Checks  map[string]Result `json:"checks,omitempty"`
}

// Healthy reports whether the process may go on.
func (r LiveReport) Healthy() bool { return r.Status == statusHealthy }

const (
	statusHealthy   = "healthy"
	statusUnhealthy = "unhealthy"
)

// ReadyReport tells whether requests should be sent here.
type ReadyReport struct {
	Ready        bool              `json:"ready"`
	Draining     bool              `json:"draining,omitempty"`
	Service      string            `json:"service"`
	Dependencies map[string]Result `json:"dependencies"`
}

// Live runs the liveness checks.
func (c *Checks) Live(ctx context.Context) LiveReport {
	results, ok := c.live.results(ctx)
	status := statusHealthy
	if !ok {
		status = statusUnhealthy
	}
	return LiveReport{Status: status, Service: c.service, Version: c.version, Commit: c.commit, Checks: results}
}

// Ready runs the readiness checks. While draining it runs none, and no answer
// from before is reused.
func (c *Checks) Ready(ctx context.Context) ReadyReport {
	if c.draining.Load() {
		return ReadyReport{Draining: true, Service: c.service, Dependencies: map[string]Result{}}
	}
	results, ok := c.ready.results(ctx)
	return ReadyReport{Ready: ok, Service: c.service, Dependencies: results}
}
