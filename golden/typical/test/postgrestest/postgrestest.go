// Package postgrestest gives each test a PostgreSQL database of its own.
//
// The server is the one that TEST_DATABASE_URL names, whose user must be
// allowed to create databases; else a private one, started from the programs on
// this machine for the time of the test binary. When there is neither, a test
// that needs a database fails and says what to do.
package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"git.example.org/shop/orders/v2/internal/postgres"
	"git.example.org/shop/orders/v2/internal/secret"
)

// New returns the URL of a database whose schema is up to date. It is dropped
// when the test ends.
func New(t testing.TB) string {
	t.Helper()
	return create(t, " TEMPLATE "+migrated(t))
}

// NewEmpty returns the URL of a database that nothing was ever migrated in.
func NewEmpty(t testing.TB) string {
	t.Helper()
	return create(t, " TEMPLATE template0")
}

// Connect returns a connection to a database, which is closed when the test ends.
func Connect(t testing.TB, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Exec runs statements, one after another, on a connection of its own.
func Exec(t testing.TB, address string, statements ...string) {
	t.Helper()
	if err := execute(address, statements...); err != nil {
		t.Fatal(err)
	}
}

// create makes a database, and returns its URL.
func create(t testing.TB, options string) string {
	t.Helper()
	server, err := address()
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text()[:16])
	if err := execute(server, "CREATE DATABASE "+name+options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database of the test: %v", err)
		}
	})
	return with(server, name)
}

// migrated returns the name of a database that others are copied from. Copying
// one takes far less time than migrating one.
func migrated(t testing.TB) string {
	t.Helper()
	name, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

var template = sync.OnceValues(func() (string, error) {
	server, err := address()
	if err != nil {
		return "", err
	}
	// A server that outlives the tests keeps one for each set of migrations.
	name, err := templateName()
	if err != nil {
		return "", err
	}
	return name, makeTemplate(server, name)
})

// makeTemplate makes the database unless it is there. Test binaries that do so
// at the same time take turns.
func makeTemplate(server, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // gives the lock back as well
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return err
	}
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return err
	}
	unfinished := name + "_new"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + unfinished, "CREATE DATABASE " + unfinished + " TEMPLATE template0"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := Migrate(ctx, with(server, unfinished)); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+unfinished+" RENAME TO "+name)
	return err
}

// Migrate brings the schema of a database up to date.
func Migrate(ctx context.Context, address string) error {
	migrator, err := postgres.OpenMigrator(postgres.Config{URL: secret.New(address), ConnectTimeout: patience}, "test")
	if err != nil {
		return err
	}
	return errors.Join(migrator.Up(ctx, io.Discard), migrator.Close())
}

// patience is how long a server may take for anything.
const patience = time.Minute

func execute(address string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", statement, err), conn.Close(ctx))
		}
	}
	return conn.Close(ctx)
}

// address returns the URL of the server.
func address() (string, error) {
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		return given, nil
	}
	own, err := private()
	return own.address, err
}

// with returns the URL of another database on the same server.
func with(server, database string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // connecting will tell
	}
	u.Path = "/" + database
	return u.String()
}
