package logging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/request"
)

func jsonLogger(t testing.TB, w io.Writer) *slog.Logger {
	t.Helper()
	log, _, err := New(Config{Level: "info", Format: "json"}, "sample-service", w)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// line reads the only line, without its time.
func line(t testing.TB, buf *bytes.Buffer) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(buf.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, buf)
	}
	if got["time"] == nil {
		t.Errorf("the line has no time: %s", buf)
	}
	delete(got, "time")
	return got
}

func TestLinesHaveFlatKeysAndTheIDsOfTheRequest(t *testing.T) {
	ctx := request.With(t.Context(), &request.Record{ID: "req_1", CorrelationID: "order-7"})
	var buf bytes.Buffer
	log := jsonLogger(t, &buf)
	log.InfoContext(ctx, "stored", slog.Int("count", 3))
	want := map[string]any{"level": "INFO", "msg": "stored", "service": "sample-service", "request_id": "req_1",
		"correlation_id": "order-7", "count": 3.0}
	if diff := cmp.Diff(want, line(t, &buf)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	buf.Reset()
	log.Info("started")
	if diff := cmp.Diff(map[string]any{"level": "INFO", "msg": "started", "service": "sample-service"}, line(t, &buf)); diff != "" {
		t.Errorf("outside a request: -want +got\n%s", diff)
	}

	buf.Reset()
	log.With(slog.Int("a", 1)).WithGroup("g").With(slog.Int("b", 2)).WithGroup("h").InfoContext(ctx, "deep", slog.Int("c", 3))
	want = map[string]any{"level": "INFO", "msg": "deep", "service": "sample-service", "request_id": "req_1",
		"correlation_id": "order-7", "a": 1.0, "g": map[string]any{"b": 2.0, "h": map[string]any{"c": 3.0}}}
	if diff := cmp.Diff(want, line(t, &buf)); diff != "" {
		t.Errorf("in groups the ids stay at the top: -want +got\n%s", diff)
	}
}

func TestLinesWithoutSecretsHaveTheSameShape(t *testing.T) {
	ctx := request.With(t.Context(), &request.Record{ID: "req_1"})
	for name, log := range map[string]func(*slog.Logger) *slog.Logger{
		"plain":    func(l *slog.Logger) *slog.Logger { return l },
		"with":     func(l *slog.Logger) *slog.Logger { return l.With(slog.Int("a", 1)) },
		"in group": func(l *slog.Logger) *slog.Logger { return l.WithGroup("g") },
	} {
		var want, got bytes.Buffer
		log(jsonLogger(t, &want)).LogAttrs(ctx, slog.LevelWarn, "request", slog.String("method", "GET"), slog.Int("status", 200))
		err := Write(ctx, log(jsonLogger(t, &got)).Handler(), time.Now(), slog.LevelWarn, "request",
			slog.String("method", "GET"), slog.Int("status", 200))
		if diff := cmp.Diff(line(t, &want), line(t, &got)); diff != "" || err != nil {
			t.Errorf("%s: %v, -want +got\n%s", name, err, diff)
		}
	}
}

func TestLoggersThatShareAParentDoNotMix(t *testing.T) {
	var buf bytes.Buffer
	parent := jsonLogger(t, &buf).WithGroup("g").With(slog.Any("a", 1))
	one, two := parent.With(slog.Any("one", 1)), parent.With(slog.Any("two", 2))
	one.Info("x")
	if got := line(t, &buf)["g"]; !cmp.Equal(got, map[string]any{"a": 1.0, "one": 1.0}) {
		t.Errorf("got %v", got)
	}
	buf.Reset()
	two.Info("x")
	if got := line(t, &buf)["g"]; !cmp.Equal(got, map[string]any{"a": 1.0, "two": 2.0}) {
		t.Errorf("got %v", got)
	}
}

// lazy is a value that is computed when it is logged.
type lazy struct{ password string }

func (l lazy) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", "jo"), slog.String("password", l.password))
}

func TestSensitiveValuesNeverReachTheLog(t *testing.T) {
	link, err := url.Parse("https://jo:hunter2@example.com/x?token=hunter2&page=2")
	if err != nil {
		t.Fatal(err)
	}
	for name, log := range map[string]func(*slog.Logger){
		"attribute":       func(l *slog.Logger) { l.Info("x", slog.Any("password", "hunter2")) },
		"any value":       func(l *slog.Logger) { l.Info("x", slog.Any("secret", struct{ A string }{"hunter2"})) },
		"with":            func(l *slog.Logger) { l.With(slog.Any("api_key", "hunter2")).Info("x") },
		"group":           func(l *slog.Logger) { l.Info("x", slog.Group("a", slog.Group("b", slog.Any("auth_token", "hunter2")))) },
		"open group":      func(l *slog.Logger) { l.WithGroup("a").Info("x", slog.Any("cookie", "hunter2")) },
		"open group with": func(l *slog.Logger) { l.WithGroup("a").With(slog.Any("cookie", "hunter2")).Info("x") },
		"sensitive group": func(l *slog.Logger) { l.WithGroup("credentials").Info("x", slog.Any("a", "hunter2")) },
		"group by name":   func(l *slog.Logger) { l.Info("x", slog.Group("credentials", slog.Any("a", "hunter2"))) },
		"log valuer":      func(l *slog.Logger) { l.Info("x", slog.Any("login", lazy{"hunter2"})) },
		"header": func(l *slog.Logger) {
			l.Info("x", slog.Any("h", http.Header{"Authorization": {"hunter2"}, "Accept": {"a"}}))
		},
		"header in group": func(l *slog.Logger) { l.Info("x", slog.Group("r", slog.Any("h", http.Header{"Cookie": {"hunter2"}}))) },
		"plain map":       func(l *slog.Logger) { l.Info("x", slog.Any("m", map[string]string{"x-api-key": "hunter2"})) },
		"query":           func(l *slog.Logger) { l.Info("x", slog.Any("q", link.Query())) },
		"link":            func(l *slog.Logger) { l.Info("x", slog.Any("u", link)) },
		"link by value":   func(l *slog.Logger) { l.Info("x", slog.Any("u", *link)) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range []string{"json", "text"} {
				var buf bytes.Buffer
				l, _, err := New(Config{Level: "info", Format: format}, "sample-service", &buf)
				if err != nil {
					t.Fatal(err)
				}
				log(l)
				if got := buf.String(); strings.Contains(got, "hunter2") || !strings.Contains(got, "redacted") && !strings.Contains(got, "xxxxx") {
					t.Errorf("got %s", got)
				}
			}
		})
	}
}

func TestSensitiveNames(t *testing.T) {
	for _, name := range []string{
		"authorization", "Authorization", "Proxy-Authorization", "cookie", "Set-Cookie", "x-api-key", "X-API-Key", "apiKey",
		"api_key", "API.KEY", "x-auth-token", "accessToken", "refresh_token", "id-token", "secret", "client_secret", "password",
		"PASSWORD", "db_password", "passwd", "pwd", "passphrase", "credential", "aws-credentials", "private_key", "access_key",
		"jwt", "bearer", "session_id", "X-Amz-Security-Token", "X-Amz-Signature", "to-ken",
	} {
		if !Sensitive(name) {
			t.Errorf("%q is not masked", name)
		}
	}
	for _, name := range []string{
		"", "accept", "content-type", "user-agent", "x-request-id", "correlation_id", "author", "key", "page", "limit", "status",
		"route", "path", "duration_us", "pass", "session", "host", "etag", "if-match", "total", "topic",
	} {
		if Sensitive(name) {
			t.Errorf("%q is masked", name)
		}
	}
}

func TestQueriesKeepWhatIsNotSensitive(t *testing.T) {
	for raw, want := range map[string]string{
		"":                    "",
		"page=2":              "page=2",
		"page=2&token=abc":    "page=2&token=%5Bredacted%5D",
		"TOKEN=a&token=b":     "TOKEN=%5Bredacted%5D&token=%5Bredacted%5D",
		"to%6ben=abc":         "token=%5Bredacted%5D",
		"token=a;b=c":         Mask,
		"%zz=1&password=abc":  Mask,
		"q=a&q=b&api-key=abc": "api-key=%5Bredacted%5D&q=a&q=b",
	} {
		if got := Query(raw); got != want {
			t.Errorf("got %s for %s, want %s", got, raw, want)
		}
	}
	if got := URL(nil); got != "" {
		t.Errorf("got %q for no URL", got)
	}
}

func TestLevelChangesWhileTheLoggerIsUsed(t *testing.T) {
	var buf bytes.Buffer
	log, level, err := New(Config{Level: "warn", Format: "json"}, "sample-service", &buf)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet")
	level.Set(slog.LevelDebug)
	log.With(slog.Any("a", 1)).Debug("loud")
	if got := line(t, &buf)["msg"]; got != "loud" {
		t.Errorf("got %v, want only the line after the change", got)
	}
}

func TestSettingsThatCannotBeHonouredAreRefusedAllAtOnce(t *testing.T) {
	errs := Config{Level: "loud", Format: "xml"}.Validate()
	if len(errs) != 2 || errs[0].Key != "level" || errs[1].Key != "format" {
		t.Errorf("got %v, want errors of level and format", errs)
	}
	for _, level := range []string{"debug", "info", "warn", "error"} {
		if err := (Config{Level: level, Format: "text"}).Validate(); err != nil {
			t.Errorf("got %v for %s", err, level)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	log := jsonLogger(b, io.Discard)
	ctx := request.With(context.Background(), &request.Record{ID: request.NewID(), CorrelationID: "order-7"})
	err := errors.New("store: connection refused")
	b.ReportAllocs()
	for b.Loop() {
		log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("method", "GET"), slog.String("route", "/v1/notes/{id}"),
			slog.Int("status", 200), slog.Int64("duration_us", 1250), slog.Any("error", err))
	}
}

func BenchmarkSensitive(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Sensitive("duration_us")
	}
}

func FuzzSensitiveNamesAreMaskedWithAnySeparators(f *testing.F) {
	f.Add("x", "y")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, word := range []string{"token", "PASSWORD", "Api-Key", "se_cret"} {
			if !Sensitive(before + word + after) {
				t.Errorf("%q is not masked", before+word+after)
			}
		}
	})
}
