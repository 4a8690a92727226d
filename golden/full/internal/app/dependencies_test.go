package app

import (
	"testing"

	"github.com/acme/billing-api/test/postgrestest"
)

// dependencies returns variables for what the service needs around it: a
// database of its own.
func dependencies(t *testing.T) []string {
	t.Helper()
	return []string{"BILLING_API_DATABASE__URL=" + postgrestest.New(t)}
}
