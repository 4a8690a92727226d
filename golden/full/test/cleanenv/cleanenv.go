// Package cleanenv removes variables that the service and its libraries would read from the environment of the
// developer. Import it for its effect in a test that depends on none of them.
package cleanenv

import (
	"os"
	"strings"
)

var prefixes = []string{
	"BILLING_API_",
	"OTEL_", // OpenTelemetry
	"PG",    // pgx
}

func init() {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				_ = os.Unsetenv(name) // fails only for a name that is not valid
			}
		}
	}
}
