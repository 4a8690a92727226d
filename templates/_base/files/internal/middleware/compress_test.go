package middleware

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestLargeResponsesAreCompressed(t *testing.T) {
	want := strings.Repeat("much of the same ", minCompressed)
	s := newTestServer(t, testRouter{
		"/large": {serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Etag", `"1"`)
			_, _ = io.WriteString(w, want)
		}},
		"/small": {serve: serveHello},
	}, defaultOptions())
	for path, coding := range map[string]string{"/large": "gzip", "/small": ""} {
		r := get(path)
		r.Header.Set("Accept-Encoding", "gzip;q=0.5, other")
		w := s.do(r)
		if got := w.Header().Get("Content-Encoding"); got != coding || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Fatalf("got headers %v for %s, want the coding %q", w.Header(), path, coding)
		}
		if coding == "" {
			continue
		}
		if got := w.Header().Get("Etag"); got != `W/"1"` { // the same content in other bytes
			t.Errorf("got entity tag %s, want a weak one", got)
		}
		z, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || string(got) != want {
			t.Errorf("got %d bytes and %v, want the original", len(got), err)
		}
	}
	if got := s.do(get("/large")); got.Body.String() != want {
		t.Error("the response is compressed for a client that accepts no coding")
	}
}
