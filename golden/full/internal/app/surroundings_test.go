package app

import (
	"testing"

	"github.com/acme/billing-api/test/postgrestest"
)

// surroundings returns variables for what the service needs around it: a
// database of its own.
func surroundings(t *testing.T) []string {
	t.Helper()
	return []string{"BILLING_API_DATABASE__URL=" + postgrestest.New(t)}
}
