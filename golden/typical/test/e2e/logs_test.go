//go:build !windows

package e2e

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"
)

// Dashboards and saved queries rely on the table in docs/logs.md.
func TestLogFieldsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/logs.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllSubmatch(page, -1) {
		documented[string(row[1])] = true
	}

	p := start(t, t.TempDir(), settings{"log.level": "debug"})
	c := newClient(t, "http://"+p.api, nil)
	c.ask(http.MethodGet, "/v1/notes", "", "X-Correlation-Id", "order-4711", "X-Client-Id", "shop")
	c.ask(http.MethodGet, "/nowhere", "")
	stop(t, p)

	written := map[string]bool{"error": true, "undelivered": true} // only after a failure
	for _, line := range p.log {
		if line["msg"] == "request" {
			for field := range line {
				written[field] = true
			}
		}
	}
	for _, field := range slices.Sorted(maps.Keys(written)) {
		if !documented[field] {
			t.Errorf("%s is written and not documented", field)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(documented)) {
		if !written[field] {
			t.Errorf("%s is documented and not written", field)
		}
	}
}
