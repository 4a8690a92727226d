package httpapi

import (
	"net/http"

	"git.example.org/shop/orders/v2/internal/health"
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
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	if !ok {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(encode(report)) // middleware.Record sees the error
}
