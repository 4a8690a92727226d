// Package cleanenv removes variables that libraries would read from the environment of the developer: PG* (pgx), OTEL_*
// (OpenTelemetry) and the settings of the service. Import it for its effect in a test that depends on none of them.
package cleanenv

import (
	"os"
	"strings"
)

func init() {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		for _, prefix := range []string{"PG", "OTEL_", "BILLING_API_"} {
			if strings.HasPrefix(name, prefix) {
				_ = os.Unsetenv(name) // fails only for a name that is not valid
			}
		}
	}
}
