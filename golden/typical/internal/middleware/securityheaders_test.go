package middleware

import (
	"net/http"
	"testing"
)

func TestSecurityHeadersAreOnEveryResponseAndMayBeReplaced(t *testing.T) {
	pages := site{
		"/ok": {serve: hello},
		"/cached": {serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			hello(w, r)
		}},
	}
	for _, https := range []bool{false, true} {
		set := defaults()
		set.https = https
		s := standOf(t, pages, set)
		h := s.do(get("/ok")).Header()
		for _, name := range []string{"X-Content-Type-Options", "X-Frame-Options", "Content-Security-Policy"} {
			if h.Get(name) == "" {
				t.Errorf("%s is missing", name)
			}
		}
		if got := h.Get("Strict-Transport-Security") != ""; got != https {
			t.Errorf("got HSTS %t, want %t", got, https)
		}
		if got := s.do(get("/cached")).Header().Get("Cache-Control"); got != "max-age=60" {
			t.Errorf("got Cache-Control %q, want the handler's", got)
		}
		if got := s.do(get("/ok")).Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("got Cache-Control %q, want no-store, whatever another response had", got)
		}
	}
}
