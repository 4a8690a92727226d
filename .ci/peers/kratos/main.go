// Command kratos is a service as the kratos layout makes it: recovery and JSON access log as middleware of its HTTP
// transport, with the OpenTelemetry metrics that the rendered service exports too. .ci/throughput compares the two.
package main

import (
	"context"
	"encoding/json"
	"log/slog"
	nethttp "net/http"
	"os"
	"time"

	"github.com/go-kratos/kratos/v2/errors"
	"github.com/go-kratos/kratos/v2/log"
	"github.com/go-kratos/kratos/v2/middleware"
	"github.com/go-kratos/kratos/v2/middleware/logging"
	"github.com/go-kratos/kratos/v2/middleware/recovery"
	"github.com/go-kratos/kratos/v2/transport/http"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
)

// jsonLogger writes the lines of kratos as JSON.
type jsonLogger struct{ out *slog.Logger }

func (l jsonLogger) Log(level log.Level, keyvals ...any) error {
	l.out.Log(context.Background(), slog.LevelInfo, level.String(), keyvals...)
	return nil
}

func main() {
	address, file := os.Args[1], os.Args[2]
	data, err := os.ReadFile(file)
	check(err)
	var note map[string]any
	check(json.Unmarshal(data, &note))

	exporter, err := prometheus.New()
	check(err)
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(exporter)))

	server := http.NewServer(
		http.Address(address),
		http.Timeout(15*time.Second),
		http.Filter(func(next nethttp.Handler) nethttp.Handler { return otelhttp.NewHandler(next, "kratos") }),
		http.Middleware(
			recovery.Recovery(),
			logging.Server(jsonLogger{slog.New(slog.NewJSONHandler(os.Stdout, nil))}),
		),
	)
	server.Handle("/metrics", promhttp.Handler())
	server.Route("/").GET("/v1/notes/{id}", func(c http.Context) error {
		// As the generated code of the layout does.
		http.SetOperation(c, "/notes.v1.Notes/Get")
		get := c.Middleware(middleware.Handler(func(context.Context, any) (any, error) {
			if c.Vars().Get("id") != note["id"] {
				return nil, errors.NotFound("NOT_FOUND", "there is no such note")
			}
			return note, nil
		}))
		out, err := get(c, nil)
		if err != nil {
			return err
		}
		return c.JSON(200, out)
	})
	check(server.Start(context.Background()))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
