package httpapi

import (
	"net/http"
	"strconv"

	"example.com/acme/sample-service/internal/health"
)

// serveHealth is the liveness probe. The platform restarts an instance that responds 503.
func serveHealth(checks *health.Checks) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		report := checks.Live(r.Context())
		writeReport(w, report, report.Healthy())
	}
}

// serveReady is the readiness probe. The platform sends no requests to an instance that responds 503.
func serveReady(checks *health.Checks) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		report := checks.Ready(r.Context())
		writeReport(w, report, report.Ready)
	}
}

func writeReport(w http.ResponseWriter, report any, ok bool) {
	body := encode(report)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	// With a length, the middleware sends the response before it writes the access log, which can block.
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if !ok {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(body) // middleware.Record sees the error
}
