package app

import (
	"testing"

	"git.example.org/shop/orders/v2/test/postgrestest"
)

// dependencies returns variables for what the service needs around it: a
// database of its own.
func dependencies(t *testing.T) []string {
	t.Helper()
	return []string{"ORDERS_DATABASE__URL=" + postgrestest.New(t)}
}
