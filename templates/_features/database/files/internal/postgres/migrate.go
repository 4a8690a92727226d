package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"example.com/acme/sample-service/migrations"
)

const (
	// lockTimeout is how long a step waits for a table that somebody else has
	// locked. Whoever comes after it waits as well, so it must not be long.
	lockTimeout = 10 * time.Second

	// An instance waits for another one that migrates: so often, in seconds
	// between two looks, and so many looks.
	turnEvery, turns = 1, 600
)

// Migrator changes the schema.
type Migrator struct {
	cfg      Config
	db       *sql.DB
	provider *goose.Provider
}

// OpenMigrator returns a migrator for the database that cfg names. The sessions
// are its own: they carry a lock, which is lost in a pooler in transaction mode,
// and they have no statement timeout.
func OpenMigrator(cfg Config, service string) (*Migrator, error) {
	config, err := cfg.directConfig(service)
	if err != nil {
		return nil, fmt.Errorf("postgres: migrate: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(turnEvery, turns))
	if err != nil {
		return nil, fmt.Errorf("postgres: migrate: %w", err)
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return setTimeout(ctx, conn, "lock_timeout", lockTimeout)
	}))
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: migrate: %w", err), db.Close())
	}
	return &Migrator{cfg: cfg, db: db, provider: provider}, nil
}

// Close closes the sessions.
func (m *Migrator) Close() error { return m.db.Close() }

// Up applies every migration that is missing, and writes a line for each. Of
// several callers at once one does the work, and the others wait for it.
func (m *Migrator) Up(ctx context.Context, out io.Writer) error {
	results, err := m.provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	if err := report(out, "applied", results); err != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("postgres: migrate up: %w", err)
	}
	if len(results) == 0 {
		return printLine(out, "nothing to apply")
	}
	return nil
}

// Down takes the latest migration back, and writes a line for it.
func (m *Migrator) Down(ctx context.Context, out io.Writer) error {
	result, err := m.provider.Down(ctx)
	switch {
	case errors.Is(err, goose.ErrNoNextVersion):
		return printLine(out, "nothing to roll back")
	case err != nil:
		return fmt.Errorf("postgres: migrate down: %w", err)
	}
	return report(out, "rolled back", []*goose.MigrationResult{result})
}

// Status writes a line for each migration, and one that tells whether the
// server has connections for every instance.
func (m *Migrator) Status(ctx context.Context, out io.Writer) error {
	states, err := m.provider.Status(ctx)
	if err != nil {
		return fmt.Errorf("postgres: migrate status: %w", err)
	}
	for _, s := range states {
		state := "pending"
		if s.State == goose.StateApplied {
			state = "applied " + s.AppliedAt.UTC().Format("2006-01-02 15:04:05 UTC")
		}
		if err := printLine(out, fmt.Sprintf("%-40s %s", s.Source.Path, state)); err != nil {
			return err
		}
	}
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("postgres: migrate status: %w", err)
	}
	defer func() { _ = conn.Close() }() // returns it to the pool, which Close closes
	var found Capacity
	err = conn.Raw(func(driver any) (err error) {
		found, err = m.cfg.capacity(ctx, driver.(*stdlib.Conn).Conn()) //nolint:forcetypeassert // it is the driver that opened it
		return err
	})
	if err != nil {
		return fmt.Errorf("postgres: migrate status: %w", err)
	}
	return printLine(out, found.String())
}

func report(out io.Writer, what string, results []*goose.MigrationResult) error {
	for _, r := range results {
		if err := printLine(out, fmt.Sprintf("%s %s (%s)", what, r.Source.Path, r.Duration.Round(time.Millisecond))); err != nil {
			return err
		}
	}
	return nil
}

func printLine(out io.Writer, text string) error {
	_, err := fmt.Fprintln(out, text)
	return err
}

// directConfig returns the configuration of a session with the server itself.
func (c Config) directConfig(service string) (*pgx.ConnConfig, error) {
	if c.Pooler == poolerTransaction && !c.DirectURL.IsSet() {
		return nil, errors.New("database.direct_url: is required here, as database.pooler is transaction and this needs a session of its own")
	}
	server := c.direct()
	config, err := server.parse()
	if err != nil {
		return nil, fmt.Errorf("database.%s: %w", server.key, err)
	}
	config.ConnConfig.ConnectTimeout = c.ConnectTimeout
	config.ConnConfig.RuntimeParams["application_name"] = service
	return config.ConnConfig, nil
}

// neededVersion returns the version of the schema that this build was made for.
func neededVersion() (int64, error) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("postgres: no migrations are embedded: %w", err)
	}
	return goose.NumericComponent(names[len(names)-1]) // they are sorted
}

const queryVersion = `-- name: SchemaVersion :one
SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`

// schemaVersion returns the version that the schema has.
func schemaVersion(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	var version int64
	err := pool.QueryRow(ctx, queryVersion).Scan(&version)
	if sqlState(err) == "42P01" {
		return 0, nil // nothing was ever migrated
	}
	if err != nil {
		return 0, fmt.Errorf("ask for the version of the schema: %w", err)
	}
	return version, nil
}
