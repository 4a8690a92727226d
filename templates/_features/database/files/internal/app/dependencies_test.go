package app

import (
	"testing"

	"example.com/acme/sample-service/test/postgrestest"
)

// dependencies returns variables for the dependencies of the service: a new database.
func dependencies(t *testing.T) []string {
	t.Helper()
	return []string{"SAMPLE_SERVICE_DATABASE__URL=" + postgrestest.New(t)}
}
