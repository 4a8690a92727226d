// Package postgres stores notes in PostgreSQL.
//
// The service starts without its database and survives losing it. The pool keeps a few idle connections open, opens
// others when they are needed, and replaces a broken one for the next caller. While there is no server, callers get
// domain.ErrUnavailable at once or after the timeouts of the settings. Only a Migrator changes the schema.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/migrations"
)

const (
	// cancelTime is how long the server has to confirm that it cancelled a statement. Then the connection is closed.
	cancelTime = time.Second

	// clientMargin is the extra time that the client waits, so that the server's statement timeout fires first.
	clientMargin = 250 * time.Millisecond

	// closeTime is how long Close waits for connections to be closed.
	closeTime = 2 * time.Second

	// refillEvery is how often the pool restores its minimum number of idle connections.
	refillEvery = 15 * time.Second
)

// Database is a pool of connections. It is safe for concurrent use.
type Database struct {
	cfg      Config
	log      *slog.Logger
	pool     *pgxpool.Pool
	needed   int64 // version of the schema
	backoff  backoff
	answered atomic.Int64 // when the server last answered a statement, in Unix nanoseconds
	compared atomic.Bool  // whether warnIfTooSmall has run
}

// Open returns the database that cfg names. It does not wait for a connection. The sessions have the name of the service.
func Open(ctx context.Context, cfg Config, service string, meters metric.MeterProvider, log *slog.Logger) (*Database, error) {
	d := &Database{cfg: cfg, log: log}
	var err error
	if d.needed, err = latestVersion(migrations.Files); err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	config, err := d.configure(service, meters)
	if err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	err = otelpgx.RecordStats(d.pool, otelpgx.WithStatsMeterProvider(meters),
		otelpgx.WithStatsAttributes(attribute.String("db.client.connection.pool.name", "postgres")))
	if err != nil {
		d.Close(ctx)
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	return d, nil
}

// Close closes every connection. It gives up after closeTime, or when ctx is done.
func (d *Database) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	closed := make(chan struct{})
	go func() {
		d.pool.Close() // waits without a limit
		close(closed)
	}()
	select {
	case <-closed:
	case <-ctx.Done():
		d.log.WarnContext(ctx, "some connections to the database were not closed in time")
	}
}

// configure turns the settings into the configuration of the pool.
func (d *Database) configure(service string, meters metric.MeterProvider) (*pgxpool.Config, error) {
	server := d.cfg.pooled()
	config, err := server.parse()
	if err != nil {
		return nil, fmt.Errorf("database.%s: %w", server.key, err)
	}
	config.MaxConns = int32(d.cfg.MaxConnections)         //nolint:gosec // Validate bounds it
	config.MinIdleConns = int32(d.cfg.MinIdleConnections) //nolint:gosec // Validate bounds it
	config.MaxConnIdleTime = d.cfg.IdleTimeout
	config.MaxConnLifetime = d.cfg.MaxLifetime
	config.MaxConnLifetimeJitter = d.cfg.MaxLifetimeJitter
	config.HealthCheckPeriod = refillEvery
	config.PingTimeout = d.cfg.ConnectTimeout
	config.BeforeConnect = d.beforeConnect(server)
	config.AfterConnect = d.afterConnect

	conn := config.ConnConfig
	conn.ConnectTimeout = d.cfg.ConnectTimeout
	conn.RuntimeParams["application_name"] = service
	if d.cfg.Pooler == poolerTransaction {
		// Each statement may run in another session, so none is prepared by name.
		conn.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		conn.StatementCacheCapacity = 0
	}
	// If a caller leaves, the server cancels its statement, and the connection stays usable.
	conn.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelTime}
	}
	conn.Tracer = d.tracer(meters)
	return config, nil
}

// beforeConnect returns a function that reads the URL and the password again before each attempt to connect. If they cannot
// be read, or would weaken the encryption, the last ones stay in use.
func (d *Database) beforeConnect(server address) func(context.Context, *pgx.ConnConfig) error {
	plaintext, unverified := server.plaintext(), server.unverified()
	var mu sync.Mutex // a slow read must not replace the result of a later one
	var last *pgxpool.Config
	return func(ctx context.Context, conn *pgx.ConnConfig) error {
		if err := d.backoff.allow(); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		now, err := server.current()
		if now.plaintext() && !plaintext || now.unverified() && !unverified {
			err = errors.New("the new address has a weaker encryption than the one at the start; restart the service to accept it")
		}
		if err == nil {
			var fresh *pgxpool.Config
			if fresh, err = now.parse(); err == nil {
				last = fresh
			}
		}
		if err != nil {
			d.log.WarnContext(ctx, "cannot use the new credentials of the database; the last ones stay in use", slog.Any("error", err))
		}
		if last != nil {
			c := last.ConnConfig.Copy()
			conn.Host, conn.Port, conn.Database, conn.User, conn.Password = c.Host, c.Port, c.Database, c.User, c.Password
			conn.TLSConfig, conn.SSLNegotiation, conn.Fallbacks = c.TLSConfig, c.SSLNegotiation, c.Fallbacks
			c.RuntimeParams["application_name"] = conn.RuntimeParams["application_name"]
			conn.RuntimeParams, conn.ValidateConnect = c.RuntimeParams, c.ValidateConnect
		}
		return nil
	}
}

// afterConnect prepares a new session. A pooler in transaction mode has no session to prepare.
func (d *Database) afterConnect(ctx context.Context, conn *pgx.Conn) error {
	d.answered.Store(time.Now().UnixNano())
	if d.cfg.Pooler == poolerTransaction {
		d.backoff.succeeded()
		return nil
	}
	// The pool sets no deadline here, and a frozen server would occupy a slot of the pool for ever.
	ctx, cancel := context.WithTimeout(ctx, d.cfg.ConnectTimeout)
	defer cancel()
	// Poolers refuse the timeout as a parameter of the connection.
	if err := setTimeout(ctx, conn, "statement_timeout", d.cfg.StatementTimeout); err != nil {
		d.backoff.failed(err)
		return err
	}
	d.backoff.succeeded()
	if !d.compared.Swap(true) {
		d.warnIfTooSmall(ctx, conn)
	}
	return nil
}

// setTimeout sets a timeout of the session.
func setTimeout(ctx context.Context, conn *pgx.Conn, name string, limit time.Duration) error {
	milliseconds := strconv.FormatInt(limit.Milliseconds(), 10)
	if _, err := conn.Exec(ctx, "SELECT set_config($1, $2, false)", pgx.QueryExecModeExec, name, milliseconds); err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	return nil
}

// acquireInterval is the time between attempts to get a connection while the pool cannot open one. The pool offers no way to
// wait for a release instead: if it has room for another connection, Acquire tries to open one, and fails at once.
const acquireInterval = 20 * time.Millisecond

// withConn calls f with a connection of the pool. If ctx ends, it returns the error of ctx.
func (d *Database) withConn(ctx context.Context, f func(*pgx.Conn) error) error {
	conn, err := d.acquire(ctx)
	if ended := ctx.Err(); err != nil && ended != nil {
		return fmt.Errorf("acquire a connection: %w", ended)
	}
	if err != nil {
		return fmt.Errorf("%w: acquire a connection: %w", domain.ErrUnavailable, err)
	}
	defer conn.Release()
	err = f(conn.Conn())
	switch {
	case sqlState(err) == readOnly:
		// After a failover this server is a standby. A new connection leads to the new primary.
		_ = conn.Conn().Close(ctx)
	case !conn.Conn().IsClosed() && (sqlState(err) != "" || !isTransient(err)) && ctx.Err() == nil:
		d.answered.Store(time.Now().UnixNano())
	case err != nil && sqlState(err) == "" && conn.Conn().IsClosed() && ctx.Err() == nil:
		return fmt.Errorf("%w: the connection is lost: %w", domain.ErrUnavailable, err)
	}
	return err
}

// acquire waits for a connection. If a new one cannot be opened, for example because the server has no free slot, it waits
// for one of those in use.
func (d *Database) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.AcquireTimeout)
	defer cancel()
	for {
		conn, err := d.pool.Acquire(ctx)
		if stat := d.pool.Stat(); err == nil || ctx.Err() != nil || stat.AcquiredConns()+stat.IdleConns() == 0 {
			return conn, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(acquireInterval):
		}
	}
}

// limit returns a context for a statement. The server has a timeout of its own, unless it is frozen, unreachable or
// behind a pooler in transaction mode.
func (d *Database) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d.cfg.StatementTimeout+clientMargin)
}

// recentlyAnswered reports whether the server answered within the time that a statement may take.
func (d *Database) recentlyAnswered() bool {
	return time.Since(time.Unix(0, d.answered.Load())) < d.cfg.StatementTimeout+clientMargin+cancelTime
}
