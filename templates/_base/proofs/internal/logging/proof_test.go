package logging

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/request"
)

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
		if group[want] == nil || !cmp.Equal(len(group), 2) || got["request_id"] != "req_1" {
			t.Errorf("got %v, want a and %s in the group and the id outside", got, want)
		}
	}
}

func FuzzSensitive(f *testing.F) {
	f.Add("x", "y")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, word := range []string{"token", "PASSWORD", "Api-Key", "se_cret"} {
			if !Sensitive(before + word + after) {
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
