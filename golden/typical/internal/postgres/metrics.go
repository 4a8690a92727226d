package postgres

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// instruments tell how the pool is used, by the semantic conventions of
// OpenTelemetry.
type instruments struct {
	pool     metric.MeasurementOption
	wait     metric.Float64Histogram
	use      metric.Float64Histogram
	timeouts metric.Int64Counter
	gauges   metric.Registration
}

func newInstruments(ctx context.Context, meter metric.Meter, d *Database) (instruments, error) {
	seconds := metric.WithExplicitBucketBoundaries(.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5, 10)
	name := attribute.String("db.client.connection.pool.name", "postgres")
	with := func(more ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(more, name)...))
	}
	m := instruments{pool: with()}
	idle, used := with(attribute.String("db.client.connection.state", "idle")), with(attribute.String("db.client.connection.state", "used"))

	var errs [8]error
	m.wait, errs[0] = meter.Float64Histogram("db.client.connection.wait_time", seconds,
		metric.WithUnit("s"), metric.WithDescription("Time until a caller had a connection of the pool."))
	m.use, errs[1] = meter.Float64Histogram("db.client.connection.use_time", seconds,
		metric.WithUnit("s"), metric.WithDescription("Time from taking a connection of the pool to returning it."))
	m.timeouts, errs[2] = meter.Int64Counter("db.client.connection.timeouts",
		metric.WithUnit("{timeout}"), metric.WithDescription("Callers who gave up waiting for a connection."))
	count, err := meter.Int64ObservableUpDownCounter("db.client.connection.count",
		metric.WithUnit("{connection}"), metric.WithDescription("Connections of the pool, by state."))
	errs[3] = err
	most, err := meter.Int64ObservableUpDownCounter("db.client.connection.max",
		metric.WithUnit("{connection}"), metric.WithDescription("Most connections that the pool may have."))
	errs[4] = err
	least, err := meter.Int64ObservableUpDownCounter("db.client.connection.idle.min",
		metric.WithUnit("{connection}"), metric.WithDescription("Idle connections that the pool keeps."))
	errs[5] = err
	pending, err := meter.Int64ObservableUpDownCounter("db.client.connection.pending_requests",
		metric.WithUnit("{request}"), metric.WithDescription("Callers who wait for a connection."))
	errs[6] = err
	m.gauges, errs[7] = meter.RegisterCallback(func(_ context.Context, out metric.Observer) error {
		stat := d.pool.Stat()
		out.ObserveInt64(count, int64(stat.IdleConns()), idle)
		out.ObserveInt64(count, int64(stat.AcquiredConns()), used)
		out.ObserveInt64(most, int64(stat.MaxConns()), m.pool)
		out.ObserveInt64(least, int64(d.cfg.MinIdleConnections), m.pool)
		out.ObserveInt64(pending, d.waiting.Load(), m.pool)
		return nil
	}, count, most, least, pending)
	if err := errors.Join(errs[:]...); err != nil {
		return instruments{}, err
	}
	m.timeouts.Add(ctx, 0, m.pool) // the series is there before the first
	return m, nil
}

func (m instruments) waited(ctx context.Context, since time.Time) {
	m.wait.Record(ctx, time.Since(since).Seconds(), m.pool)
}

func (m instruments) used(ctx context.Context, since time.Time) {
	m.use.Record(ctx, time.Since(since).Seconds(), m.pool)
}

func (m instruments) timedOut(ctx context.Context) { m.timeouts.Add(ctx, 1, m.pool) }

// close ends the observation of a pool that is about to be closed.
func (m instruments) close() {
	if m.gauges != nil {
		_ = m.gauges.Unregister() // fails for no registration of this meter
	}
}
