package telemetry

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// ask returns status, content type and body of an answer of the handler.
func ask(t *testing.T, telemetry *Telemetry, path, accept string) (int, string, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	req.Header.Set("Accept", accept)
	rec := httptest.NewRecorder()
	telemetry.Handler().ServeHTTP(rec, req)
	body, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Code, rec.Header().Get("Content-Type"), string(body)
}

func TestOpenMetricsIsSpoken(t *testing.T) {
	_, kind, body := ask(t, open(t, Config{}), "/metrics", "application/openmetrics-text; version=1.0.0")
	if !strings.HasPrefix(kind, "application/openmetrics-text") || !strings.HasSuffix(body, "# EOF\n") {
		t.Errorf("got %s, want OpenMetrics", kind)
	}
}

func TestNothingButMetricsIsServed(t *testing.T) {
	telemetry := open(t, Config{})
	for _, path := range []string{"/", "/health", "/metrics/x", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars"} {
		if status, _, _ := ask(t, telemetry, path, ""); status != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, status)
		}
	}
}

func TestProfilesAreServedWhenAllowed(t *testing.T) {
	telemetry := open(t, Config{Pprof: true})
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/goroutine", "/debug/pprof/cmdline"} {
		if status, _, _ := ask(t, telemetry, path, ""); status != http.StatusOK {
			t.Errorf("%s: got %d, want 200", path, status)
		}
	}
}

// An exporter sends the last values when its reader is shut down.
func TestCloseShutsReadersDown(t *testing.T) {
	reader := sdk.NewManualReader()
	telemetry, err := Open(t.Context(), Config{}, slog.New(slog.DiscardHandler), sdk.WithReader(reader))
	if err != nil {
		t.Fatal(err)
	}
	telemetry.Close(t.Context())
	if err := reader.Collect(t.Context(), new(metricdata.ResourceMetrics)); !errors.Is(err, sdk.ErrReaderShutdown) {
		t.Errorf("got %v, want %v", err, sdk.ErrReaderShutdown)
	}
}

func TestAddressIsChecked(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{Bind: "0.0.0.0", Port: 9090}, ""},
		{Config{Bind: "nowhere"}, "bind"},
		{Config{Bind: "::1", Port: 70000}, "port"},
	} {
		errs := c.cfg.Validate()
		if c.want == "" && errs != nil || c.want != "" && (len(errs) != 1 || errs[0].Key != c.want) {
			t.Errorf("%+v: got %v, want %q", c.cfg, errs, c.want)
		}
	}
}
