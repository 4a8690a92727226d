package middleware

import (
	"strings"
	"testing"
)

const appOrigin = "https://app.example.com"

func TestCORSResponses(t *testing.T) {
	opts := defaultOptions()
	opts.cors.AllowedOrigins = []string{appOrigin}
	opts.cors.AllowCredentials = true
	opts.cors.ExposedHeaders = []string{"etag"}
	s := newTestServer(t, testRouter{"/ok": {serve: serveHello}}, opts)
	for origin, want := range map[string]string{"": "", appOrigin: appOrigin, "https://evil.example.com": ""} {
		r := get("/ok")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		h := s.do(r).Header()
		if got := h.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("got allowed origin %q for %q, want %q", got, origin, want)
		}
		if got := h.Get("Access-Control-Allow-Credentials") == "true"; got != (want != "") {
			t.Errorf("got credentials %t for %q", got, origin)
		}
		if vary := strings.Join(h.Values("Vary"), ","); !strings.Contains(vary, "Origin") {
			t.Errorf("got Vary %q, want Origin in it", vary)
		}
	}
	r := get("/nowhere")
	r.Header.Set("Origin", appOrigin)
	if w := s.do(r); w.Code != 404 || w.Header().Get("Access-Control-Allow-Origin") != appOrigin {
		t.Errorf("got %d %v, want an error that the page can read", w.Code, w.Header())
	}
}
