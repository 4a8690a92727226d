package telemetry

import (
	"context"
	"log/slog"
	"strings"
	"testing"
)

func TestScrapedMetricsNameTheService(t *testing.T) {
	telemetry, err := Open(t.Context(), Config{}, slog.New(slog.DiscardHandler), Local("shop", "v1.2.3")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { telemetry.Close(context.WithoutCancel(t.Context())) })
	_, _, body := ask(t, telemetry, "/metrics", "")
	if want := `target_info{service_name="shop",service_version="v1.2.3"} 1`; !strings.Contains(body, want) {
		t.Errorf("no %q in\n%s", want, body)
	}
}
