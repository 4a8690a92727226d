package middleware

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAccessLogFields(t *testing.T) {
	opts := defaultOptions()
	opts.config.TrustedProxies = []string{"192.0.2.0/24"}
	route := Route{Template: "/v1/notes", APIVersion: "v1"}
	serve := func(w http.ResponseWriter, r *http.Request) {
		_, _ = r.Body.Read(make([]byte, 8))
		serveHello(w, r)
	}
	s := newTestServer(t, testRouter{"/v1/notes": {method: "POST", route: route, serve: serve}}, opts)
	r := httptest.NewRequest(http.MethodPost, "/v1/notes?token=abc", strings.NewReader("12345"))
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set("X-Correlation-Id", "order-7")
	r.Header.Set("X-Client-Id", "shop")
	r.Header.Set("User-Agent", strings.Repeat("a", 1000))
	s.do(r)

	line := s.log.accessLine(t)
	for key, want := range map[string]any{
		"level": "INFO", "msg": "request", "service": "sample-service", "correlation_id": "order-7",
		"method": "POST", "route": "/v1/notes", "status": 200.0, "bytes": 17.0, "request_bytes": 5.0,
		"client_addr": "203.0.113.9", "protocol": "HTTP/1.1", "user_agent": strings.Repeat("a", maxLoggedUserAgent),
		"api_version": "v1", "client_id": "shop",
	} {
		if line[key] != want {
			t.Errorf("got %s %v, want %v", key, line[key], want)
		}
	}
	for _, key := range []string{"path", "error", "undelivered", "query", "request_headers"} {
		if got, ok := line[key]; ok {
			t.Errorf("got %s %v, want none", key, got)
		}
	}
}

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
	opts := defaultOptions()
	opts.level = "debug"
	s := newTestServer(t, testRouter{"/ok": {serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=hunter2-cookie")
		w.Header().Set("Location", "https://example.com/?t=hunter2-location")
		serveHello(w, r)
	}}}, opts)
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
