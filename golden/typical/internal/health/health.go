// Package health answers the two questions that an orchestrator asks. Is the
// process alive, or must it be restarted? Is it ready, or must requests go
// elsewhere for now?
//
// Liveness never looks at a dependency: a restart heals no database. Readiness
// looks at every one that requests need. Callers learn only that a check fails
// and whether it timed out, or the reason that the check itself gives; what the
// dependency said is in the log.
package health

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// Check returns an error while something does not work. It should return soon
// after its context is done. Because gives the error a reason that may be told;
// Degraded is for what works, but badly.
type Check func(ctx context.Context) error

// Because returns err with a reason that callers of the probes may read: a
// sentence without addresses, names or values.
func Because(reason string, err error) error { return &finding{reason: reason, err: err} }

// Degraded is returned by a check that passes, and says what is not as it
// should be. Requests keep coming: with every instance in the same state there
// is nowhere else to send them.
func Degraded(reason string) error { return &finding{reason: reason, passes: true} }

// finding is what a check says about itself.
type finding struct {
	reason string
	passes bool
	err    error
}

func (f *finding) Error() string {
	if f.err == nil {
		return f.reason
	}
	return f.reason + ": " + f.err.Error()
}

func (f *finding) Unwrap() error { return f.err }

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
	Healthy  bool   `json:"healthy"`
	Degraded bool   `json:"degraded,omitempty" doc:"It works, but not well."`
	Message  string `json:"message,omitempty" doc:"Why the check fails or is degraded."`
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
