// Package postgrestest gives each test its own PostgreSQL database.
//
// The server is the one that TEST_DATABASE_URL names, whose role must be allowed to create databases. Without that
// variable the package starts a private server from the programs on this machine. It ends with the test binary.
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
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/acme/billing-api/internal/postgres"
	"github.com/acme/billing-api/internal/secret"
	_ "github.com/acme/billing-api/test/cleanenv"
)

// timeout is the time limit for everything that this package asks of the server.
const timeout = time.Minute

// New returns the URL of a database with the current schema. It is dropped when the test ends.
func New(t testing.TB) string {
	t.Helper()
	address := NewEmpty(t)
	migrator, err := postgres.OpenMigrator(postgres.Config{URL: secret.New(address), ConnectTimeout: timeout}, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(migrator.Up(t.Context(), io.Discard), migrator.Close()); err != nil {
		t.Fatal(err)
	}
	return address
}

// NewEmpty returns the URL of a database without any schema. It is dropped when the test ends.
func NewEmpty(t testing.TB) string {
	t.Helper()
	server := os.Getenv("TEST_DATABASE_URL")
	if server == "" {
		var err error
		if server, err = privateServer(); err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("TEST_DATABASE_URL is not a URL")
	}
	name := "test_" + strings.ToLower(rand.Text()[:16])
	Exec(t, server, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database of the test: %v", err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

// Connect returns a connection to a database. It is closed when the test ends.
func Connect(t testing.TB, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Exec runs statements, one after another, on a new connection.
func Exec(t testing.TB, address string, statements ...string) {
	t.Helper()
	if err := execute(address, statements...); err != nil {
		t.Fatal(err)
	}
}

func execute(address string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
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
