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
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"example.com/acme/sample-service/migrations"
)

const (
	// lockTimeout is how long a migration waits for a table lock. Other statements queue up behind it.
	lockTimeout = 10 * time.Second

	// Polling interval in seconds for the migration lock, and the number of attempts: ten minutes in total.
	lockInterval, lockAttempts = 1, 600
)

// Migrator changes the schema.
type Migrator struct {
	cfg      Config
	db       *sql.DB
	provider *goose.Provider
}

// OpenMigrator returns a migrator for the database that cfg names. It opens its own sessions, which hold the migration
// lock and have no statement timeout.
func OpenMigrator(cfg Config, service string) (*Migrator, error) {
	config, err := cfg.directConfig(service)
	if err != nil {
		return nil, fmt.Errorf("postgres: migrate: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockInterval, lockAttempts))
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

// Up applies the pending migrations and prints a line for each. If several instances call Up at once, one of them
// applies the migrations while the others wait.
func (m *Migrator) Up(ctx context.Context, out io.Writer) error {
	results, err := m.provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	for _, r := range results {
		if err := printResult(out, "applied", r); err != nil {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("postgres: migrate up: %w", err)
	}
	if len(results) == 0 {
		return printLine(out, "nothing to apply")
	}
	return nil
}

// Down rolls back the last migration and prints a line for it.
func (m *Migrator) Down(ctx context.Context, out io.Writer) error {
	result, err := m.provider.Down(ctx)
	switch {
	case errors.Is(err, goose.ErrNoNextVersion):
		return printLine(out, "nothing to roll back")
	case err != nil:
		return fmt.Errorf("postgres: migrate down: %w", err)
	}
	return printResult(out, "rolled back", result)
}

// Status prints a line for each migration, and whether the server has connections for all instances.
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
	return conn.Raw(func(driver any) error {
		found, err := m.cfg.capacity(ctx, driver.(*stdlib.Conn).Conn()) //nolint:forcetypeassert // the driver is pgx
		if err != nil {
			return printLine(out, "cannot read max_connections; skipped the connection check: "+err.Error())
		}
		return printLine(out, found.String())
	})
}

func printResult(out io.Writer, verb string, r *goose.MigrationResult) error {
	return printLine(out, fmt.Sprintf("%s %s (%s)", verb, r.Source.Path, r.Duration.Round(time.Millisecond)))
}

func printLine(out io.Writer, text string) error {
	_, err := fmt.Fprintln(out, text)
	return err
}

// directConfig returns the configuration of a session that migrations and the programs of PostgreSQL can use.
func (c Config) directConfig(service string) (*pgx.ConnConfig, error) {
	if c.Pooler == poolerTransaction && !c.DirectURL.IsSet() {
		return nil, errors.New("database.direct_url: not set; a pooler in transaction mode cannot run migrations or database exec, so set the URL of the server behind it")
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

// latestVersion returns the highest version of the migrations in files.
func latestVersion(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("list the migrations: %w", err)
	}
	if len(names) == 0 {
		return 0, errors.New("this build has no migrations")
	}
	var latest int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		latest = max(latest, version)
	}
	return latest, nil
}
