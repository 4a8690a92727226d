package middleware

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"testing"
)

func TestSecurityHeaders(t *testing.T) {
	routes := testRouter{
		"/ok": {serve: serveHello},
		"/cached": {serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			serveHello(w, r)
		}},
	}
	for _, https := range []bool{false, true} {
		opts := defaultOptions()
		opts.https = https
		s := newTestServer(t, routes, opts)
		h := s.do(get("/ok")).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options":  "nosniff",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
			"Cache-Control":           "no-store",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("got %s %q, want %q", name, got, want)
			}
		}
		if got := h.Get("Strict-Transport-Security") != ""; got != https {
			t.Errorf("got HSTS %t, want %t", got, https)
		}
		if got := s.do(get("/cached")).Header().Get("Cache-Control"); got != "max-age=60" {
			t.Errorf("got Cache-Control %q, want that of the handler", got)
		}
	}
}

func TestClientCert(t *testing.T) {
	routes := testRouter{
		"/ok":     {serve: serveHello},
		"/health": {route: Route{Template: "/health", Probe: true}, serve: serveHello},
	}
	log, out := newLog(t, slog.LevelInfo)
	s := testServer{append(newChain(t, routes, defaultOptions(), log), ClientCert(true)).Then(routes), out}
	presented := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
	verified := &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{{}}}}
	for _, tt := range []struct {
		path string
		tls  *tls.ConnectionState
		want int
	}{
		{"/ok", nil, http.StatusForbidden},
		{"/ok", presented, http.StatusForbidden},
		{"/ok", verified, http.StatusOK},
		{"/health", nil, http.StatusOK},
		{"/health/x", nil, http.StatusForbidden},
		{"/nowhere", verified, http.StatusNotFound},
	} {
		r := get(tt.path)
		r.TLS = tt.tls
		w := s.do(r)
		if w.Code != tt.want {
			t.Errorf("got %d for %s with %v, want %d", w.Code, tt.path, tt.tls, tt.want)
		}
		if tt.want == http.StatusForbidden && readProblem(t, w).Code != "client_certificate_required" {
			t.Errorf("got %s, want client_certificate_required", w.Body)
		}
	}
}
