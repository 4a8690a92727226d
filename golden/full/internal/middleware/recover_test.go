package middleware

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPanicIsAnsweredLoggedWithStackAndCountedOnce(t *testing.T) {
	meter, scrape := prometheusMeter(t)
	set := defaults()
	set.meter = meter
	s := standOf(t, site{"/panic": {route: Route{Template: "/panic"}, serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"1"`)
		w.Header().Set("Content-Length", "7")
		panic("boom")
	}}}, set)
	w := s.do(get("/panic"))
	if p := problemOf(t, w); w.Code != 500 || p.Code != "internal_error" || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Etag"); got != "" {
		t.Errorf("the header of the lost answer remains: %s", got)
	}
	if line := s.log.one(t); line["error"] != "panic: boom" || line["level"] != "ERROR" {
		t.Errorf("got access line %v", line)
	}
	if log := s.log.String(); strings.Count(log, `"stack":"goroutine`) != 1 || !strings.Contains(log, "recover_test.go") {
		t.Errorf("the stack is not in the log: %s", log)
	}
	if got := scrape("http_server_request_duration_seconds_count", `status_code="500"`); got != 1 {
		t.Errorf("counted %v, want 1", got)
	}
	if got := scrape("http_server_active_requests{"); got != 0 {
		t.Errorf("got %v active requests afterwards, want 0", got)
	}
}

func TestPanicAfterTheHeaderAbortsTheConnection(t *testing.T) {
	for _, encoding := range []string{"", "gzip", "br", "zstd", "deflate"} {
		t.Run("encoding "+encoding, func(t *testing.T) {
			meter, scrape := prometheusMeter(t)
			set := defaults()
			set.meter = meter
			s := standOf(t, site{"/panic": {route: Route{Template: "/panic"}, serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				_, _ = io.WriteString(w, strings.Repeat("half an answer ", 1000))
				_ = http.NewResponseController(w).Flush()
				panic("boom")
			}}}, set)
			server := httptest.NewServer(s)
			defer server.Close()
			req, err := http.NewRequest(http.MethodGet, server.URL+"/panic", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Encoding", encoding)
			resp, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = io.Copy(io.Discard, resp.Body); err == nil {
				t.Error("half an answer looks whole")
			}
			_ = resp.Body.Close()
			server.Close() // waits for the handler, and so for the log
			if line := s.log.one(t); line["status"] != 500.0 || line["error"] != "panic: boom" {
				t.Errorf("got access line %v", line)
			}
			if got := scrape("http_server_request_duration_seconds_count", `status_code="500"`); got != 1 {
				t.Errorf("counted %v, want 1", got)
			}
		})
	}
}

func TestErrAbortHandlerIsPassedOn(t *testing.T) {
	s := standOf(t, site{"/abort": {route: Route{Template: "/abort"}, serve: func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}}}, defaults())
	defer func() {
		got, _ := recover().(error)
		if !errors.Is(got, http.ErrAbortHandler) {
			t.Errorf("got panic %v, want http.ErrAbortHandler", got)
		}
		if s.log.one(t); strings.Contains(s.log.String(), "stack") {
			t.Error("a deliberate abort is logged as a bug")
		}
	}()
	s.do(get("/abort"))
}
