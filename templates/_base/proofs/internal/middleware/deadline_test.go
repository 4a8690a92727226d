package middleware

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestHandlerMayOutlastTheReadTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, testRouter{"/slow": {method: "POST", route: Route{Timeout: time.Minute}, serve: func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(40 * time.Second)
			if err := r.Context().Err(); err != nil {
				t.Errorf("got %v before the deadline of the route", err)
			}
			serveHello(w, r)
		}}}, defaultOptions())
		conn := dial(t.Context(), t, s)
		_, _ = io.WriteString(conn, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345")
		if resp, _ := readResponse(t, conn); resp.StatusCode != http.StatusOK {
			t.Errorf("got %d, want 200", resp.StatusCode)
		}
	})
}

func TestBrokenBodyIsTheFaultOfTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, testRouter{"/post": {method: "POST", serve: serveDrain}}, defaultOptions())
		conn := dial(t.Context(), t, s)
		go func() {
			_, _ = io.WriteString(conn, "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
		}()
		if resp, body := readResponse(t, conn); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d, want 400: %s", resp.StatusCode, body)
		}
	})
}
