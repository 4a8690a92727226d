package app

import (
	"testing"

	"git.example.org/shop/orders/v2/test/postgrestest"
)

// dependencies returns variables for the dependencies of the service: a new database.
func dependencies(t *testing.T) []string {
	t.Helper()
	return []string{"ORDERS_DATABASE__URL=" + postgrestest.New(t)}
}
