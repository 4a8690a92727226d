package middleware

import (
	"bytes"
	"compress/zlib"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestNegotiate(t *testing.T) {
	for header, want := range map[string]string{
		"":                        "",
		"gzip":                    "gzip",
		"gzip, deflate, br":       "br",
		"gzip, deflate, br, zstd": "zstd",
		"gzip;q=1.0, br;q=0.5":    "gzip",
		"gzip;q=0":                "",
		"gzip;q=0, br":            "br",
		"*":                       "gzip",
		"identity, gzip;q=0.5":    "",
		"compress":                "",
	} {
		if got := negotiate([]string{header}); got != want {
			t.Errorf("got %q for %q, want %q", got, header, want)
		}
	}
	if got := negotiate([]string{"gzip;q=0.1", "br;q=0.2"}); got != "br" {
		t.Errorf("got %q for two header lines, want br", got)
	}
}

// decoder returns a reader that decodes body as it arrives.
func decoder(t testing.TB, coding string, body io.Reader) io.Reader {
	t.Helper()
	r, err := body, error(nil)
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(body)
	case "deflate":
		r, err = zlib.NewReader(body)
	case "br":
		r = brotli.NewReader(body)
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(body, zstd.WithDecoderMaxWindow(8<<20)); err == nil {
			t.Cleanup(d.Close)
			r = d
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// document returns n bytes of text.
func document(n int) []byte { return bytes.Repeat([]byte(`{"title":"a note"},`), n/19+1)[:n] }

// respond sends a body with headers, which are pairs of name and value.
func respond(status int, body []byte, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for pair := range slices.Chunk(headers, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

func accepting(codings string) *http.Request {
	r := get("/ok")
	r.Header.Set("Accept-Encoding", codings)
	return r
}

func TestEveryCodingDecodes(t *testing.T) {
	body := document(9000)
	for _, coding := range codings {
		serve := respond(200, body, "Content-Type", "application/json", "Etag", `"7"`)
		s := newTestServer(t, testRouter{"/ok": {serve: serve}}, defaultOptions())
		w := s.do(accepting(coding))
		if h := w.Header(); h.Get("Content-Encoding") != coding || h.Get("Etag") != `W/"7"` {
			t.Errorf("got headers %v for %s", h, coding)
		}
		if w.Body.Len() >= len(body) {
			t.Errorf("got %d bytes with %s from %d", w.Body.Len(), coding, len(body))
		}
		if got, err := io.ReadAll(decoder(t, coding, w.Body)); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%s does not decode to the original: %v", coding, err)
		}
	}
}

func TestWhatIsCompressed(t *testing.T) {
	large, small := document(9000), document(minCompressed-1)
	for _, tt := range []struct {
		name  string
		serve http.HandlerFunc
		want  string
	}{
		{"JSON", respond(200, large, "Content-Type", "application/json; charset=utf-8"), "gzip"},
		{"problem", respond(422, large, "Content-Type", "application/problem+json"), "gzip"},
		{"small", respond(200, small, "Content-Type", "application/json"), ""},
		{"image", respond(200, large, "Content-Type", "image/png"), ""},
		{"encoded", respond(200, large, "Content-Type", "application/json", "Content-Encoding", "br"), "br"},
		{"no-transform", respond(200, large, "Content-Type", "application/json", "Cache-Control", "no-transform"), ""},
		{"no content", respond(204, nil), ""},
	} {
		h := newTestServer(t, testRouter{"/ok": {serve: tt.serve}}, defaultOptions()).do(accepting("gzip")).Header()
		if got := h.Get("Content-Encoding"); got != tt.want {
			t.Errorf("got coding %q for %s, want %q", got, tt.name, tt.want)
		}
		if vary := strings.Join(h["Vary"], ","); !strings.Contains(vary, "Accept-Encoding") {
			t.Errorf("got Vary %q for %s, want Accept-Encoding", vary, tt.name)
		}
	}
}

// A range of the plain response is not one of the compressed response.
func TestCompressedResponsesOfferNoRanges(t *testing.T) {
	serve := respond(200, document(100_000), "Content-Type", "application/json", "Accept-Ranges", "bytes")
	s := newTestServer(t, testRouter{"/ok": {serve: serve}}, defaultOptions())
	r := get("/ok")
	r.Header.Set("Accept-Encoding", "gzip")
	if h := s.do(r).Header(); h.Get("Content-Encoding") != "gzip" || h.Get("Accept-Ranges") != "" {
		t.Errorf("got %v, want a compressed response without Accept-Ranges", h)
	}
}
