package middleware

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestProbesAreLoggedOnlyIfTheyFail(t *testing.T) {
	status := http.StatusOK
	serve := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	s := newTestServer(t, testRouter{"/ready": {route: Route{Probe: true}, serve: serve}}, defaultOptions())
	s.do(get("/ready"))
	if got := s.log.String(); got != "" {
		t.Errorf("got %s for a probe that succeeds, want nothing", got)
	}
	status = http.StatusServiceUnavailable
	s.do(get("/ready"))
	if line := s.log.accessLine(t); line["status"] != 503.0 || line["level"] != "WARN" {
		t.Errorf("got %v, want a warning with status 503", line)
	}
}

func TestAccessLogMasksSecrets(t *testing.T) {
	routes := testRouter{"/ok": {serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=hunter2-cookie")
		w.Header().Set("Location", "https://example.com/?t=hunter2-location")
		serveHello(w, r)
	}}}
	log, out := newLog(t, slog.LevelDebug)
	s := testServer{newChain(t, routes, defaultOptions(), log).Then(routes), out}
	r := get("/ok?access_token=hunter2&sig=hunter2&key=hunter2&code=hunter2&auth=hunter2&page=2")
	for _, name := range []string{
		"Authorization", "Cookie", "X-Api-Key", "X-Auth", "X-Session", "X-Csrf-Token", "X-Amz-Security-Token",
	} {
		r.Header.Set(name, "hunter2-"+name)
	}
	r.Header.Set("Referer", "https://example.com/reset?t=hunter2-referer")
	r.Header.Set("Accept-Language", "de")
	s.do(r)
	got := s.log.String()
	if strings.Contains(got, "hunter2") {
		t.Errorf("got a secret in the log: %s", got)
	}
	for _, want := range []string{`"Accept-Language":"de"`, `page=2`, `"X-Auth":"[redacted]"`, `"Set-Cookie":"[redacted]"`,
		`"Referer":"https://example.com/reset?[redacted]"`} {
		if !strings.Contains(got, want) {
			t.Errorf("got no %s in %s", want, got)
		}
	}
}

func TestBoundedTextIsValidAndNotLonger(t *testing.T) {
	for _, text := range []string{strings.Repeat("a\xff", 200), strings.Repeat("漢", 200), "\xff", "", "plain"} {
		got := bounded(text, 256)
		if len(got) > 256 || !utf8.ValidString(got) {
			t.Errorf("bounded(%.9q…) has %d bytes, valid is %t", text, len(got), utf8.ValidString(got))
		}
	}
}
