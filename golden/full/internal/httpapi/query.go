package httpapi

import (
	"net/url"
	"slices"

	"github.com/acme/billing-api/internal/problem"
)

// checkQuery refuses a query that is malformed, repeats a parameter, or has one
// that is not among names: a filter with a typing error must not list
// everything. Values are for huma to check.
func checkQuery(raw string, names []string) *problem.Problem {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return invalidField("query", "is malformed")
	}
	for name, v := range values {
		if !slices.Contains(names, name) {
			return invalidField("query", "has a parameter that is not known here")
		}
		if len(v) > 1 {
			return invalidField("query."+name, "must not be repeated")
		}
	}
	return nil
}
