package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/billing-api/internal/request"
)

func jsonLogger(t testing.TB, w io.Writer) *slog.Logger {
	t.Helper()
	log, _, err := New(Config{Level: "info", Format: "json"}, "billing-api", w)
	if err != nil {
		t.Fatal(err)
	}
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
	common := map[string]any{"level": "INFO", "msg": "stored", "service": "billing-api"}
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

// lazy is a value that is computed when it is logged.
type lazy struct{ password string }

func (l lazy) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", "jo"), slog.String("password", l.password))
}

func TestSecretsAreMasked(t *testing.T) {
	link, err := url.Parse("https://jo:hunter2@example.com/x?token=hunter2&page=2")
	if err != nil {
		t.Fatal(err)
	}
	for name, log := range map[string]func(*slog.Logger){
		"attribute":     func(l *slog.Logger) { l.Info("x", slog.Any("password", "hunter2")) },
		"struct":        func(l *slog.Logger) { l.Info("x", slog.Any("secret", struct{ A string }{"hunter2"})) },
		"with":          func(l *slog.Logger) { l.With(slog.Any("api_key", "hunter2")).Info("x") },
		"nested group":  func(l *slog.Logger) { l.Info("x", slog.Group("a", slog.Group("b", slog.Any("auth_token", "hunter2")))) },
		"group by name": func(l *slog.Logger) { l.Info("x", slog.Group("credentials", slog.Any("a", "hunter2"))) },
		"log valuer":    func(l *slog.Logger) { l.Info("x", slog.Any("login", lazy{"hunter2"})) },
		"header":        func(l *slog.Logger) { l.Info("x", slog.Any("h", http.Header{"Authorization": {"hunter2"}})) },
		"map":           func(l *slog.Logger) { l.Info("x", slog.Any("m", map[string]string{"x-api-key": "hunter2"})) },
		"query":         func(l *slog.Logger) { l.Info("x", slog.Any("q", link.Query())) },
		"URL":           func(l *slog.Logger) { l.Info("x", slog.Any("u", link)) },
	} {
		testMasked(t, name, log)
	}
}

// testMasked expects that neither format shows the secret hunter2.
func testMasked(t *testing.T, name string, log func(*slog.Logger)) {
	t.Helper()
	for _, format := range []string{"json", "text"} {
		var buf bytes.Buffer
		l, _, err := New(Config{Level: "info", Format: format}, "billing-api", &buf)
		if err != nil {
			t.Fatal(err)
		}
		log(l)
		got := buf.String()
		if strings.Contains(got, "hunter2") || !strings.Contains(got, "redacted") && !strings.Contains(got, "xxxxx") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestSensitive(t *testing.T) {
	for _, name := range []string{
		"Authorization", "Proxy-Authorization", "Set-Cookie", "X-API-Key", "apiKey", "API.KEY", "accessToken", "refresh_token",
		"client_secret", "PASSWORD", "passwd", "pwd", "passphrase", "aws-credentials", "private_key", "access_key", "jwt", "bearer",
		"session_id", "X-Amz-Security-Token", "X-Amz-Signature", "to-ken",
	} {
		if !sensitive(name) {
			t.Errorf("got false for %q", name)
		}
	}
	for _, name := range []string{
		"", "accept", "user-agent", "x-request-id", "author", "key", "code", "page", "status", "route", "session", "total",
	} {
		if sensitive(name) {
			t.Errorf("got true for %q", name)
		}
	}
}

func TestQuery(t *testing.T) {
	for raw, want := range map[string]string{
		"":                       "",
		"page=2":                 "page=2",
		"page=2&token=abc":       "page=2&token=%5Bredacted%5D",
		"TOKEN=a&token=b":        "TOKEN=%5Bredacted%5D&token=%5Bredacted%5D",
		"to%6ben=abc":            "token=%5Bredacted%5D",
		"sig=a&auth_code=b&q=a":  "auth_code=%5Bredacted%5D&q=a&sig=%5Bredacted%5D",
		"author=jo&monkey=donut": "author=jo&monkey=donut",
		"token=a;b=c":            mask,
		"%zz=1&password=abc":     mask,
	} {
		if got := Query(raw); got != want {
			t.Errorf("got %s for %s, want %s", got, raw, want)
		}
	}
}

func TestLevelChangesWhileTheLoggerIsInUse(t *testing.T) {
	var buf bytes.Buffer
	log, level, err := New(Config{Level: "warn", Format: "json"}, "billing-api", &buf)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet")
	level.Set(slog.LevelDebug)
	log.With(slog.Any("a", 1)).Debug("loud")
	if got := readLine(t, &buf)["msg"]; got != "loud" {
		t.Errorf("got %v, want only the line after the change", got)
	}
}

func TestConfigValidate(t *testing.T) {
	errs := Config{Level: "loud", Format: "xml"}.Validate()
	if len(errs) != 2 || errs[0].Key != "level" || errs[1].Key != "format" {
		t.Errorf("got %v, want errors for level and format", errs)
	}
	if errs := (Config{Level: "debug", Format: "text"}).Validate(); errs != nil {
		t.Errorf("got %v, want no error", errs)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestOutputCountsLostLines(t *testing.T) {
	full := true
	var buf bytes.Buffer
	out := NewOutput(writerFunc(func(p []byte) (int, error) {
		if full {
			return 0, errors.New("no space left on device")
		}
		return buf.Write(p)
	}))
	log := jsonLogger(t, out)
	log.Info("lost")
	log.Info("lost é")
	full = false
	log.Info("written")
	if got := readLine(t, &buf)["msg"]; out.Lost() != 2 || got != "written" {
		t.Errorf("got %d lost lines and %v, want 2 and the last line", out.Lost(), got)
	}
}
