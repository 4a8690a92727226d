package tracing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
)

func TestBaggageIsPropagatedOnlyIfAsked(t *testing.T) {
	for propagators, want := range map[string]string{"": "", "tracecontext,baggage": "tenant=blue"} {
		setenv(t, "OTEL_PROPAGATORS="+propagators)
		tracing, _ := open(t, Config{})
		sent := propagation.MapCarrier{}
		received := propagation.MapCarrier{"baggage": "tenant=blue"}
		tracing.Propagator().Inject(tracing.Propagator().Extract(t.Context(), received), sent)
		tracing.Close(context.WithoutCancel(t.Context()))
		if sent["baggage"] != want {
			t.Errorf("OTEL_PROPAGATORS=%s: got baggage %q, want %q", propagators, sent["baggage"], want)
		}
	}
}

func TestErrorsAreLoggedAFewTimesAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		h := &errorHandler{log: slog.New(slog.NewJSONHandler(&out, nil))}
		for range 90 { // a minute and a half
			h.Handle(errors.New("refused"))
			time.Sleep(time.Second)
		}
		var suppressed []float64
		for line := range strings.Lines(out.String()) {
			var entry map[string]any
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatal(err)
			}
			if entry["msg"] != "telemetry failed" || entry["level"] != "WARN" || entry["error"] != "refused" {
				t.Errorf("got %v", entry)
			}
			suppressed = append(suppressed, entry["suppressed"].(float64))
		}
		if want := []float64{0, 0, 0, 0, 0, 55, 0, 0, 0, 0}; !slices.Equal(suppressed, want) {
			t.Errorf("got lines with %v suppressed errors, want %v", suppressed, want)
		}
	})
}

func TestInstrumentedLibrariesFindTheProvider(t *testing.T) {
	setenv(t)
	tracing, _ := open(t, Config{SampleRatio: 1})
	defer tracing.Close(context.WithoutCancel(t.Context()))
	if otel.GetTracerProvider() != tracing.Provider() {
		t.Error("the global tracer provider is another one")
	}
}
