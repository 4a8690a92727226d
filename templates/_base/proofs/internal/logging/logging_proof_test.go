package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"
	"unicode"

	"example.com/acme/sample-service/internal/request"
)

// lazy is a value that is computed when it is logged.
type lazy struct{ password string }

func (l lazy) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", "jo"), slog.String("password", l.password))
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

func TestConfigValidate(t *testing.T) {
	errs := Config{Format: "xml"}.Validate()
	if len(errs) != 1 || errs[0].Key != "format" {
		t.Errorf("got %v, want an error for format", errs)
	}
	if errs := (Config{Level: slog.LevelDebug, Format: "text"}).Validate(); errs != nil {
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

func TestHandlerKeepsTheContractOfSlog(t *testing.T) {
	var buf bytes.Buffer
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		buf.Reset()
		return jsonLogger(t, &buf).Handler()
	}, func(t *testing.T) map[string]any {
		var line map[string]any
		if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		return line
	})
}

func TestLoggersOfOneParentDoNotMix(t *testing.T) {
	ctx := request.With(t.Context(), &request.Record{ID: "req_1"})
	var buf bytes.Buffer
	parent := jsonLogger(t, &buf).WithGroup("g").With(slog.Any("a", 1))
	one, two := parent.With(slog.Any("one", 1)), parent.With(slog.Any("two", 2))
	for want, log := range map[string]*slog.Logger{"one": one, "two": two} {
		buf.Reset()
		log.InfoContext(ctx, "x")
		got := readLine(t, &buf)
		group, _ := got["g"].(map[string]any)
		if group["a"] == nil || group[want] == nil || group["request_id"] != "req_1" || len(group) != 3 {
			t.Errorf("got %v, want a, %s and the id in the group", got, want)
		}
	}
}

func FuzzSensitive(f *testing.F) {
	f.Add("x", "y")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, word := range []string{"token", "PASSWORD", "Api-Key", "se_cret"} {
			if !sensitive(before + word + after) {
				t.Errorf("%q is not masked", before+word+after)
			}
		}
	})
}

func FuzzLinesHoldNoControlCharacters(f *testing.F) {
	f.Add("\u009b31m\u202e\x7f")
	f.Fuzz(func(t *testing.T, text string) {
		var buf bytes.Buffer
		jsonLogger(t, &buf).Info(text, slog.String("text", text))
		line, _ := strings.CutSuffix(buf.String(), "\n")
		if i := strings.IndexFunc(line, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }); i >= 0 {
			t.Errorf("got a control character at byte %d of %q", i, line)
		}
		if got := readLine(t, &buf)["text"]; got != strings.ToValidUTF8(text, "\ufffd") && strings.ToValidUTF8(text, "") == text {
			t.Errorf("got %q, want %q", got, text)
		}
	})
}

// Terminals obey C1 controls, and bidirectional overrides make a line read as another one.
func TestControlCharactersAreEscaped(t *testing.T) {
	const text = "a\x7f\u009b2J\u202e\u2066\U000e0041é\U0001f600\nz"
	var buf bytes.Buffer
	jsonLogger(t, &buf).Info(text, slog.Any("key"+text, errors.New(text)))
	if got := buf.String(); strings.ContainsAny(strings.TrimSuffix(got, "\n"), "\x7f\u009b\u202e\u2066\U000e0041\n") {
		t.Errorf("got a control character in %q", got)
	}
	if got := readLine(t, &buf); got["msg"] != text || got["key"+text] != text {
		t.Errorf("got %q, want the text unchanged after decoding", got)
	}
}

func TestSecretsAreMaskedInEveryPlace(t *testing.T) {
	link, err := url.Parse("https://jo:hunter2@example.com/x?token=hunter2&page=2")
	if err != nil {
		t.Fatal(err)
	}
	for name, log := range map[string]func(*slog.Logger){
		"struct":          func(l *slog.Logger) { l.Info("x", slog.Any("secret", struct{ A string }{"hunter2"})) },
		"with":            func(l *slog.Logger) { l.With(slog.Any("api_key", "hunter2")).Info("x") },
		"group by name":   func(l *slog.Logger) { l.Info("x", slog.Group("credentials", slog.Any("a", "hunter2"))) },
		"log valuer":      func(l *slog.Logger) { l.Info("x", slog.Any("login", lazy{"hunter2"})) },
		"map":             func(l *slog.Logger) { l.Info("x", slog.Any("m", map[string]string{"x-api-key": "hunter2"})) },
		"query":           func(l *slog.Logger) { l.Info("x", slog.Any("q", link.Query())) },
		"URL":             func(l *slog.Logger) { l.Info("x", slog.Any("u", link)) },
		"open group":      func(l *slog.Logger) { l.WithGroup("a").Info("x", slog.Any("cookie", "hunter2")) },
		"open group with": func(l *slog.Logger) { l.WithGroup("a").With(slog.Any("cookie", "hunter2")).Info("x") },
		"sensitive group": func(l *slog.Logger) { l.WithGroup("credentials").Info("x", slog.Any("a", "hunter2")) },
		"header in group": func(l *slog.Logger) { l.Info("x", slog.Group("r", slog.Any("h", http.Header{"Cookie": {"hunter2"}}))) },
		"referer": func(l *slog.Logger) {
			l.Info("x", slog.Any("h", http.Header{"Referer": {"https://example.com/?t=hunter2"}}))
		},
		"URL by value": func(l *slog.Logger) { l.Info("x", slog.Any("u", *link)) },
	} {
		testMasked(t, name, log)
	}
}

func TestOutputReportsABlockedWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		resume := make(chan struct{})
		out := NewOutput(writerFunc(func(p []byte) (int, error) {
			<-resume
			return len(p), nil
		}))
		go jsonLogger(t, out).Info("x")
		time.Sleep(maxBlocked)
		if err := out.Alive(t.Context()); err != nil {
			t.Errorf("got %v within the limit, want no error", err)
		}
		time.Sleep(time.Second)
		if err := out.Alive(t.Context()); err == nil {
			t.Error("got no error for a writer that has been blocked too long")
		}
		close(resume)
		synctest.Wait()
		if err := out.Alive(t.Context()); err != nil || out.Lost() != 0 {
			t.Errorf("got %v and %d lost lines after the writer resumed", err, out.Lost())
		}
	})
}

func TestTextFormatIsForTerminals(t *testing.T) {
	var out bytes.Buffer
	log, _ := New(Config{Level: slog.LevelInfo, Format: "text"}, "shop", &out)
	log.Info("started", slog.String("password", "hunter2"))
	if got := out.String(); !strings.HasSuffix(got, "level=INFO msg=started service=shop password=[redacted]\n") {
		t.Errorf("got %q, want a line of text with the secret masked", got)
	}
}
