package middleware

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/problem"
)

func TestAccessLineTellsWhatHappened(t *testing.T) {
	set := defaults()
	set.config.TrustedProxies = []string{"192.0.2.0/24"}
	s := standOf(t, site{
		"/v1/notes": {method: "POST", route: Route{Template: "/v1/notes", APIVersion: "v1"}, serve: func(w http.ResponseWriter, r *http.Request) {
			buf := make([]byte, 8)
			_, _ = r.Body.Read(buf)
			hello(w, r)
		}},
	}, set)
	r := httptest.NewRequest(http.MethodPost, "/v1/notes?token=abc", strings.NewReader("12345"))
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set("X-Correlation-Id", "order-7")
	r.Header.Set("X-Client-Id", "shop")
	r.Header.Set("User-Agent", strings.Repeat("a", 1000))
	s.do(r)

	line := s.log.one(t)
	for key, want := range map[string]any{
		"level": "INFO", "msg": "request", "service": "billing-api", "correlation_id": "order-7",
		"method": "POST", "route": "/v1/notes", "status": 200.0, "bytes": 17.0, "request_bytes": 5.0,
		"client_addr": "203.0.113.9", "protocol": "HTTP/1.1", "user_agent": strings.Repeat("a", maxLoggedUserAgent),
		"api_version": "v1", "client_id": "shop",
	} {
		if line[key] != want {
			t.Errorf("got %s %v, want %v", key, line[key], want)
		}
	}
	if _, ok := line["duration_us"].(float64); !ok {
		t.Errorf("got duration_us %v, want a number", line["duration_us"])
	}
	for _, key := range []string{"path", "error", "query", "request_headers"} {
		if got, ok := line[key]; ok {
			t.Errorf("got %s %v, want none", key, got)
		}
	}
}

func TestProbesAreLoggedOnlyWhenTheyFail(t *testing.T) {
	status := http.StatusOK
	s := standOf(t, site{
		"/ready": {route: Route{Template: "/ready", Probe: true}, serve: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
		}},
	}, defaults())
	s.do(get("/ready"))
	if got := s.log.String(); got != "" {
		t.Errorf("a good probe is logged: %s", got)
	}
	status = http.StatusServiceUnavailable
	s.do(get("/ready"))
	if line := s.log.one(t); line["status"] != 503.0 || line["level"] != "WARN" {
		t.Errorf("got %v, want a warning with status 503", line)
	}
}

func TestNothingSensitiveIsLogged(t *testing.T) {
	set := defaults()
	set.level = "debug"
	s := standOf(t, site{
		"/ok": {route: Route{Template: "/ok"}, serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "session=hunter2-cookie")
			w.Header().Set("X-Auth-Token", "hunter2-response")
			hello(w, r)
		}},
	}, set)
	r := get("/ok?access_token=hunter2-query&api_key=hunter2-key&page=2")
	for _, name := range []string{
		"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "X-Csrf-Token", "Api-Key", "Password",
		"X-Amz-Security-Token", "X-Vault-Token", "Client-Secret", "X-Passwd", "X-Credential", "X-Session-Id",
	} {
		r.Header.Set(name, "hunter2-"+name)
	}
	r.Header.Set("Accept-Language", "de")
	s.do(r)
	got := s.log.String()
	if strings.Contains(got, "hunter2") {
		t.Errorf("a secret is in the log: %s", got)
	}
	for _, want := range []string{`"Accept-Language":"de"`, `page=2`, `"Authorization":"[redacted]"`, `"Set-Cookie":"[redacted]"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the log lacks %s: %s", want, got)
		}
	}
}

func TestCallersWhoLeaveAreNoServerErrors(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"nothing sent": func(http.ResponseWriter, *http.Request) {},
		"error": func(w http.ResponseWriter, r *http.Request) {
			problem.Write(w, r, problem.From(r.Context(), r.Context().Err()))
		},
		"abort": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			s := standOf(t, site{"/ok": {route: Route{Template: "/ok"}, serve: serve}}, defaults())
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			func() {
				defer func() { _ = recover() }()
				s.do(get("/ok").WithContext(ctx))
			}()
			if line := s.log.one(t); line["status"] != 499.0 || line["level"] != "INFO" {
				t.Errorf("got %v, want status 499 at level INFO", line)
			}
		})
	}
}

func TestLogLinesCannotBeForged(t *testing.T) {
	s := standOf(t, site{}, defaults())
	r := get("/")
	r.URL.Path = "/\n{\"msg\":\"forged\"}" + strings.Repeat("x", 1000)
	r.Header.Set("User-Agent", "\r\n{\"msg\":\"forged\"}")
	r.Method = "GET\n" + strings.Repeat("x", 100)
	s.do(r)
	line := s.log.one(t)
	if got, _ := line["path"].(string); len(got) != maxLoggedPath {
		t.Errorf("got a path of %d bytes, want %d", len(got), maxLoggedPath)
	}
	if got := strings.Count(s.log.String(), "\n"); got != 1 {
		t.Errorf("got %d lines, want 1", got)
	}
}

func TestCauseOfServerErrorsIsBounded(t *testing.T) {
	s := standOf(t, site{"/fault": {route: Route{Template: "/fault"}, serve: func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, problem.From(r.Context(), errors.New(strings.Repeat("e", 10_000))))
	}}}, defaults())
	s.do(get("/fault"))
	if got, _ := s.log.one(t)["error"].(string); len(got) != maxLoggedError {
		t.Errorf("got an error of %d bytes, want %d", len(got), maxLoggedError)
	}
}
