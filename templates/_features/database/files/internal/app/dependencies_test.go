package app

import (
	"testing"

	"example.com/acme/sample-service/test/postgrestest"
)

// dependencies returns variables for what the service needs around it: a
// database of its own.
func dependencies(t *testing.T) []string {
	t.Helper()
	return []string{"SAMPLE_SERVICE_DATABASE__URL=" + postgrestest.New(t)}
}
