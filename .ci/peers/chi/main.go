// Command chi is a service as teams commonly write it with chi: JSON access log, OpenTelemetry metrics for Prometheus,
// recovery, request ids, CORS, a timeout and compression. .ci/throughput compares it with the rendered service.
package main

import (
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/cors"
	"github.com/go-chi/httplog/v3"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
)

func main() {
	address, file := os.Args[1], os.Args[2]
	data, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	var note map[string]any
	if err := json.Unmarshal(data, &note); err != nil {
		log.Fatal(err)
	}
	exporter, err := prometheus.New()
	if err != nil {
		log.Fatal(err)
	}
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(exporter)))

	r := chi.NewRouter()
	r.Use(func(next http.Handler) http.Handler { return otelhttp.NewHandler(next, "chi") })
	r.Use(middleware.RequestID, middleware.RealIP)
	r.Use(httplog.RequestLogger(slog.New(slog.NewJSONHandler(os.Stdout, nil)), &httplog.Options{Level: slog.LevelInfo, RecoverPanics: true}))
	r.Use(cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}}))
	r.Use(middleware.Timeout(15 * time.Second))
	r.Use(middleware.Compress(5))
	r.Get("/v1/notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		if chi.URLParam(r, "id") != note["id"] {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(note)
	})
	r.Handle("/metrics", promhttp.Handler())
	server := http.Server{
		Addr: address, Handler: r,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: 75 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}
