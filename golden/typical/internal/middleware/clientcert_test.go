package middleware

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
)

func TestOnlyProbesAreServedWithoutClientCertificate(t *testing.T) {
	set := defaults()
	set.last = []Layer{ClientCert(true)}
	s := standOf(t, site{
		"/ok":     {serve: hello},
		"/health": {route: Route{Template: "/health", Probe: true}, serve: hello},
	}, set)
	given := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
	verified := &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{{}}}}
	for _, tt := range []struct {
		path string
		tls  *tls.ConnectionState
		want int
	}{
		{"/ok", nil, http.StatusForbidden},
		{"/ok", &tls.ConnectionState{}, http.StatusForbidden},
		{"/ok", given, http.StatusForbidden},
		{"/ok", verified, http.StatusOK},
		{"/health", nil, http.StatusOK},
		{"/health/x", nil, http.StatusForbidden},
		{"/nowhere", nil, http.StatusForbidden},
		{"/nowhere", verified, http.StatusNotFound},
	} {
		r := get(tt.path)
		r.TLS = tt.tls
		w := s.do(r)
		if w.Code != tt.want {
			t.Errorf("got %d for %s with %v, want %d", w.Code, tt.path, tt.tls, tt.want)
		}
		if tt.want == http.StatusForbidden {
			if p := problemOf(t, w); p.Code != "client_certificate_required" {
				t.Errorf("got code %s, want client_certificate_required", p.Code)
			}
		}
	}
}

func TestNoClientCertificateIsAskedForWhenNoneIsRequired(t *testing.T) {
	set := defaults()
	set.last = []Layer{ClientCert(false)}
	if w := standOf(t, site{"/ok": {serve: hello}}, set).do(get("/ok")); w.Code != http.StatusOK {
		t.Errorf("got %d, want 200", w.Code)
	}
}
