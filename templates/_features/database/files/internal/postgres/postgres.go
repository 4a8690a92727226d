// Package postgres keeps notes in PostgreSQL.
//
// The service starts without its database and outlives the loss of it. Nothing
// is connected before it is needed, a broken connection is replaced by the next
// caller who needs one, and while there is no server that caller gets
// note.ErrUnavailable at once or after the timeouts of the settings. The schema
// is changed by a Migrator, never by a service that starts.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/metric"

	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/postgres/query"
	//{{slot "postgres/imports"}}
)

// cancelTime is how long a statement whose caller has left may take to notice
// that it is cancelled. Then its connection is closed.
const cancelTime = time.Second

// refillEvery is the time between two looks at the number of idle connections.
const refillEvery = 15 * time.Second

// Database is a pool of connections. It is safe for concurrent use.
type Database struct {
	cfg     Config
	log     *slog.Logger
	pool    *pgxpool.Pool
	probe   *pgxpool.Pool // has one connection, which asks how the server is
	backoff backoff
	waiting atomic.Int64 // callers without a connection
	sized   atomic.Bool  // the pool was compared with the server
	metrics instruments
}

// Open returns the database that cfg names. It waits for no connection. Sessions
// carry the name of the service, and its meter learns how the pool is used.
func Open(ctx context.Context, cfg Config, service string, meter metric.Meter, log *slog.Logger) (*Database, error) {
	d := &Database{cfg: cfg, log: log}
	config, err := d.configure(service)
	if err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	single := config.Copy()
	single.MaxConns, single.MinIdleConns = 1, 0
	if d.probe, err = pgxpool.NewWithConfig(ctx, single); err != nil {
		d.Close()
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	if d.metrics, err = newInstruments(ctx, meter, d); err != nil {
		d.Close()
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	return d, nil
}

// Ping returns an error unless the server answers. It does not wait for a
// connection of the pool.
func (d *Database) Ping(ctx context.Context) error {
	if err := d.probe.Ping(ctx); err != nil {
		return fmt.Errorf("postgres: ping: %w", err)
	}
	return nil
}

// Close closes every connection. It waits for those in use.
func (d *Database) Close() {
	d.metrics.close()
	d.pool.Close()
	if d.probe != nil {
		d.probe.Close()
	}
}

// configure turns the settings into those of the pool.
func (d *Database) configure(service string) (*pgxpool.Config, error) {
	where := d.cfg.pooled()
	config, err := where.parse()
	if err != nil {
		return nil, fmt.Errorf("database.%s: %w", where.key, err)
	}
	config.MaxConns = int32(d.cfg.MaxConnections)         //nolint:gosec // Validate bounds it
	config.MinIdleConns = int32(d.cfg.MinIdleConnections) //nolint:gosec // Validate bounds it
	config.MaxConnIdleTime = d.cfg.IdleTimeout
	config.MaxConnLifetime = d.cfg.MaxLifetime
	config.MaxConnLifetimeJitter = d.cfg.MaxLifetimeJitter
	config.HealthCheckPeriod = refillEvery
	config.PingTimeout = d.cfg.ConnectTimeout
	config.BeforeConnect = d.beforeConnect(where)
	config.AfterConnect = d.afterConnect

	conn := config.ConnConfig
	conn.ConnectTimeout = d.cfg.ConnectTimeout
	conn.RuntimeParams["application_name"] = service
	if d.cfg.Pooler == poolerTransaction {
		// Each statement may run on another session: none is prepared by name,
		// and no session has settings. The timeout is kept by execute.
		conn.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		conn.StatementCacheCapacity = 0
	}
	// A caller who leaves costs a statement, not the connection that it runs on.
	conn.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelTime}
	}
	tracer := multitracer.New(
		slowQueries{d.log, d.cfg.SlowQuery},
		//{{slot "postgres/tracers"}}
	)
	tracer.ConnectTracers = append(tracer.ConnectTracers, &d.backoff)
	conn.Tracer = tracer
	return config, nil
}

// beforeConnect returns what is called before each attempt to connect. It reads
// the credentials again; when that fails, those that were read last stay in use.
func (d *Database) beforeConnect(where target) func(context.Context, *pgx.ConnConfig) error {
	var last atomic.Pointer[pgxpool.Config]
	return func(ctx context.Context, conn *pgx.ConnConfig) error {
		if err := d.backoff.allow(); err != nil {
			return err
		}
		now, err := where.current()
		if err == nil {
			var fresh *pgxpool.Config
			if fresh, err = now.parse(); err == nil {
				last.Store(fresh)
			}
		}
		if err != nil {
			d.log.WarnContext(ctx, "the credentials of the database cannot be read, the last ones stay in use", slog.Any("error", err))
		}
		if fresh := last.Load(); fresh != nil {
			c := fresh.ConnConfig.Copy()
			conn.Host, conn.Port, conn.Database, conn.User, conn.Password = c.Host, c.Port, c.Database, c.User, c.Password
			conn.TLSConfig, conn.Fallbacks = c.TLSConfig, c.Fallbacks
		}
		return nil
	}
}

// afterConnect prepares a new session. The timeout is not sent with the request
// to connect, where poolers refuse it. Behind a pooler in transaction mode there
// is no session to prepare, and its own limits of connections count.
func (d *Database) afterConnect(ctx context.Context, conn *pgx.Conn) error {
	if d.cfg.Pooler == poolerTransaction {
		return nil
	}
	if err := setTimeout(ctx, conn, "statement_timeout", d.cfg.StatementTimeout); err != nil {
		return err
	}
	return d.compareSizes(ctx, conn)
}

// setTimeout sets a timeout of the session.
func setTimeout(ctx context.Context, conn *pgx.Conn, name string, limit time.Duration) error {
	milliseconds := strconv.FormatInt(limit.Milliseconds(), 10)
	if _, err := conn.Exec(ctx, "SELECT set_config($1, $2, false)", pgx.QueryExecModeExec, name, milliseconds); err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	return nil
}

// execute calls f with a connection of the pool.
func (d *Database) execute(ctx context.Context, f func(context.Context, *query.Queries) error) error {
	conn, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	defer d.metrics.used(ctx, time.Now())
	if d.cfg.Pooler == poolerTransaction {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.cfg.StatementTimeout)
		defer cancel()
	}
	err = f(ctx, query.New(conn))
	if err != nil && conn.Conn().IsClosed() {
		return fmt.Errorf("%w: the connection is lost: %w", note.ErrUnavailable, err)
	}
	return err
}

// acquire waits for a connection, no longer than the settings allow.
func (d *Database) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, d.cfg.AcquireTimeout)
	defer cancel()
	d.waiting.Add(1)
	conn, err := d.pool.Acquire(limited)
	d.waiting.Add(-1)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			d.metrics.timedOut(ctx)
		}
		return nil, fmt.Errorf("%w: acquire a connection: %w", note.ErrUnavailable, err)
	}
	d.metrics.waited(ctx, began)
	return conn, nil
}
