package middleware

import (
	"net/http"
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
	if log := s.log.String(); strings.Count(log, `"stack":"goroutine`) != 1 || !strings.Contains(log, "recover_proof_test.go") {
		t.Errorf("got no stack in the log: %s", log)
	}
}
