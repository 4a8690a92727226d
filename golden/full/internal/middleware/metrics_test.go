package middleware

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

// measured returns a meter and the registry that its measurements arrive in.
func measured(t testing.TB) (metric.Meter, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	exporter, err := otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithoutScopeInfo(),
		otelprom.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdk.NewMeterProvider(sdk.WithReader(exporter))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	return provider.Meter("test"), registry
}

// samples scrapes, and returns the values of the samples whose text holds every part.
func samples(t testing.TB, registry *prometheus.Registry, parts ...string) []float64 {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, get("/metrics"))
	var values []float64
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "#") ||
			slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:]), 64)
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		values = append(values, value)
	}
	return values
}

// prometheusMeter returns a meter, and a function that scrapes and adds up what samples would return.
func prometheusMeter(t testing.TB) (metric.Meter, func(parts ...string) float64) {
	t.Helper()
	meter, registry := measured(t)
	return meter, func(parts ...string) float64 {
		t.Helper()
		sum := 0.0
		for _, value := range samples(t, registry, parts...) {
			sum += value
		}
		return sum
	}
}

// seriesOf counts the series of all families of the middleware.
func seriesOf(t testing.TB, registry *prometheus.Registry) int {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, family := range families {
		if strings.HasPrefix(family.GetName(), "http_server_") {
			n += len(family.GetMetric())
		}
	}
	return n
}

func TestMetricsHaveTheNamesLabelsAndBucketsThatAlertsUse(t *testing.T) {
	meter, registry := measured(t)
	set := defaults()
	set.meter = meter
	var during []float64
	s := standOf(t, site{
		"/v1/notes": {method: "POST", route: Route{Template: "/v1/notes"}, serve: func(w http.ResponseWriter, r *http.Request) {
			during = samples(t, registry, `http_server_active_requests{http_request_method="POST"}`)
			buf := make([]byte, 16)
			_, _ = r.Body.Read(buf)
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte("done"))
		}},
	}, set)
	s.do(httptest.NewRequest(http.MethodPost, "/v1/notes", strings.NewReader("0123456789")))

	labels := `{http_request_method="POST",http_response_status_code="201",http_route="/v1/notes",network_protocol_version="1.1"`
	for sample, want := range map[string]float64{
		"http_server_request_duration_seconds_count" + labels + "}": 1,
		"http_server_request_body_size_bytes_sum" + labels + "}":    10,
		"http_server_response_body_size_bytes_sum" + labels + "}":   4,
		`http_server_active_requests{http_request_method="POST"}`:   0,
	} {
		if got := samples(t, registry, sample); !slices.Equal(got, []float64{want}) {
			t.Errorf("got %v for %s, want one sample %v", got, sample, want)
		}
	}
	if !slices.Equal(during, []float64{1}) {
		t.Errorf("got %v active requests while one was served, want 1", during)
	}
	for _, le := range []string{"0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75",
		"1", "2.5", "5", "7.5", "10", "+Inf"} {
		// Whole numbers are written with or without a fraction, as the version of the library has it.
		bucket := "http_server_request_duration_seconds_bucket" + labels
		if len(samples(t, registry, bucket, `le="`+le+`"}`))+len(samples(t, registry, bucket, `le="`+le+`.0"}`)) != 1 {
			t.Errorf("there is no bucket %s", le)
		}
	}
}

func TestHostileRequestsDoNotMakeSeries(t *testing.T) {
	meter, registry := measured(t)
	set := defaults()
	set.meter = meter
	s := standOf(t, site{"/ok": {route: Route{Template: "/ok"}, serve: hello}}, set)
	for i := range 500 {
		for _, path := range []string{"/ok", fmt.Sprintf("/nowhere/%d", i)} {
			for _, method := range []string{"GET", fmt.Sprintf("METHOD%d", i), "get"} {
				r := httptest.NewRequest(method, path, nil)
				r.Host = fmt.Sprintf("host-%d.example.com", i)
				r.Header.Set("X-Forwarded-Host", r.Host)
				r.Proto, r.ProtoMajor, r.ProtoMinor = fmt.Sprintf("HTTP/%d.%d", i, i), i, i
				s.do(r)
			}
		}
	}
	// Three histograms with the combinations of two methods, two routes, two statuses and five versions that occur; and
	// one gauge per method.
	if got, limit := seriesOf(t, registry), 3*4*5+2; got > limit {
		t.Errorf("got %d series after 3000 hostile requests, want at most %d", got, limit)
	}
}

func TestPreparedAttributesAreBounded(t *testing.T) {
	m, err := newInstruments(defaults().meter)
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxMeasurements + 100 {
		if got := m.options(measurement{method: "GET", route: "/r/" + strconv.Itoa(i), status: 200}); len(got) != 1 {
			t.Fatalf("got %d options, want 1", len(got))
		}
	}
	if got := len(*m.prepared.Load()); got != maxMeasurements {
		t.Errorf("got %d prepared sets, want %d", got, maxMeasurements)
	}
}
