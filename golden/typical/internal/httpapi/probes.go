package httpapi

import (
	"encoding/json"
	"net/http"

	"git.example.org/shop/orders/v2/internal/health"
)

// retryAfter is in seconds, about the time between two probes of a platform.
const retryAfter = "5"

// serveHealth tells whether the process is alive: 503 has it restarted.
func serveHealth(checks *health.Checks) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		report := checks.Live(r.Context())
		writeReport(w, report, report.Healthy())
	}
}

// serveReady tells whether requests should come here: 503 sends them elsewhere.
func serveReady(checks *health.Checks) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		report := checks.Ready(r.Context())
		if !report.Ready {
			w.Header().Set("Retry-After", retryAfter)
		}
		writeReport(w, report, report.Ready)
	}
}

func writeReport(w http.ResponseWriter, report any, ok bool) {
	data, err := json.Marshal(report)
	if err != nil { // strings and booleans only: cannot happen
		panic(err)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(data, '\n')) // a prober that is gone needs no answer
}
