package middleware

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPanicBecomes500(t *testing.T) {
	s := newTestServer(t, testRouter{"/panic": {serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"1"`)
		w.Header().Set("Content-Length", "7")
		panic("boom")
	}}}, defaultOptions())
	w := s.do(get("/panic"))
	if p := readProblem(t, w); w.Code != 500 || p.Code != "internal_error" || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("got %d %s, want an internal error without the cause", w.Code, w.Body)
	}
	if got := w.Header().Get("Etag"); got != "" {
		t.Errorf("got Etag %s, which belongs to the lost response", got)
	}
	if line := s.log.accessLine(t); line["error"] != "500 internal_error: panic: boom" || line["level"] != "ERROR" {
		t.Errorf("got access line %v", line)
	}
	if log := s.log.String(); strings.Count(log, `"stack":"goroutine`) != 1 || !strings.Contains(log, "recover_test.go") {
		t.Errorf("got no stack in the log: %s", log)
	}
}

func TestPanicAfterTheHeaderAbortsTheConnection(t *testing.T) {
	s := newTestServer(t, testRouter{"/panic": {serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, strings.Repeat("a partial response ", 1000))
		_ = http.NewResponseController(w).Flush()
		panic("boom")
	}}}, defaultOptions())
	server := httptest.NewServer(s)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/panic")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Error("the client takes the partial response for a complete one")
	}
	_ = resp.Body.Close()
	server.Close() // waits for the handler
	if line := s.log.accessLine(t); line["status"] != 500.0 || line["error"] != "panic: boom" {
		t.Errorf("got access line %v", line)
	}
}

func TestErrAbortHandlerIsNotABug(t *testing.T) {
	s := newTestServer(t, testRouter{"/abort": {serve: func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}}}, defaultOptions())
	defer func() {
		if got, _ := recover().(error); !errors.Is(got, http.ErrAbortHandler) {
			t.Errorf("got panic %v, want http.ErrAbortHandler", got)
		}
		line := s.log.accessLine(t)
		if line["status"] != 500.0 || line["undelivered"] != true || strings.Contains(s.log.String(), "stack") {
			t.Errorf("got %s, want an undelivered response without a stack", s.log)
		}
	}()
	s.do(get("/abort"))
}
