package logging

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"git.example.org/shop/orders/v2/internal/request"
)

func jsonLogger(t testing.TB, w io.Writer) *slog.Logger {
	t.Helper()
	log, _ := New(Config{Format: "json"}, "orders", w)
	return log
}

// readLine returns the only line, without its time.
func readLine(t testing.TB, buf *bytes.Buffer) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(buf.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, buf)
	}
	if got["time"] == nil {
		t.Errorf("got no time in %s", buf)
	}
	delete(got, "time")
	return got
}

func TestLinesHaveFlatKeysAndTheIDsOfTheRequest(t *testing.T) {
	ctx := request.With(t.Context(), &request.Record{ID: "req_1", CorrelationID: "order-7"})
	common := map[string]any{"level": "INFO", "msg": "stored", "service": "orders"}
	ids := map[string]any{"request_id": "req_1", "correlation_id": "order-7"}
	group := map[string]any{"a": 1.0, "g": map[string]any{"b": 2.0, "request_id": "req_1", "correlation_id": "order-7"}}
	for name, tt := range map[string]struct {
		write func(*slog.Logger)
		want  []map[string]any
	}{
		"outside a request": {func(l *slog.Logger) { l.Info("stored") }, []map[string]any{common}},
		"within a request": {func(l *slog.Logger) { l.InfoContext(ctx, "stored", slog.Int("count", 3)) },
			[]map[string]any{common, ids, {"count": 3.0}}},
		"in a group": {func(l *slog.Logger) {
			l.With(slog.Any("a", 1)).WithGroup("g").InfoContext(ctx, "stored", slog.Int("b", 2))
		},
			[]map[string]any{common, group}},
		"unredacted": {func(l *slog.Logger) {
			slog.New(Unredacted(l.Handler())).InfoContext(ctx, "stored", slog.Int("count", 3))
		},
			[]map[string]any{common, ids, {"count": 3.0}}},
	} {
		var buf bytes.Buffer
		tt.write(jsonLogger(t, &buf))
		want := make(map[string]any)
		for _, part := range tt.want {
			for key, value := range part {
				want[key] = value
			}
		}
		if diff := cmp.Diff(want, readLine(t, &buf)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestSecretsAreMasked(t *testing.T) {
	for name, log := range map[string]func(*slog.Logger){
		"attribute":    func(l *slog.Logger) { l.Info("x", slog.Any("password", "hunter2")) },
		"nested group": func(l *slog.Logger) { l.Info("x", slog.Group("a", slog.Group("b", slog.Any("auth_token", "hunter2")))) },
		"header":       func(l *slog.Logger) { l.Info("x", slog.Any("h", http.Header{"Authorization": {"hunter2"}})) },
	} {
		testMasked(t, name, log)
	}
}

// testMasked expects that neither format shows the secret hunter2.
func testMasked(t *testing.T, name string, log func(*slog.Logger)) {
	t.Helper()
	for _, format := range []string{"json", "text"} {
		var buf bytes.Buffer
		l, _ := New(Config{Format: format}, "orders", &buf)
		log(l)
		got := buf.String()
		if strings.Contains(got, "hunter2") || !strings.Contains(got, "redacted") && !strings.Contains(got, "xxxxx") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestLevelChangesWhileTheLoggerIsInUse(t *testing.T) {
	var buf bytes.Buffer
	log, level := New(Config{Level: slog.LevelWarn, Format: "json"}, "orders", &buf)
	log.Info("quiet")
	level.Set(slog.LevelDebug)
	log.With(slog.Any("a", 1)).Debug("loud")
	if got := readLine(t, &buf)["msg"]; got != "loud" {
		t.Errorf("got %v, want only the line after the change", got)
	}
}
