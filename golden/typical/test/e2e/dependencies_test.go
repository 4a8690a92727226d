//go:build !windows

package e2e

import (
	"testing"

	"git.example.org/shop/orders/v2/test/postgrestest"
)

// dependencies returns settings for the dependencies of the service: a new database.
func dependencies(t *testing.T) settings {
	t.Helper()
	return settings{
		"database.url": postgrestest.New(t),
		// The server of the tests may be another machine of a pipeline.
		"service.allow_in_production": "plaintext-database,unverified-database",
	}
}
