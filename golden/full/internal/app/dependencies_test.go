package app

import (
	"testing"

	"github.com/acme/billing-api/test/postgrestest"
)

// dependencies returns variables for the dependencies of the service: a new database.
func dependencies(t *testing.T) []string {
	t.Helper()
	return []string{"BILLING_API_DATABASE__URL=" + postgrestest.New(t)}
}
