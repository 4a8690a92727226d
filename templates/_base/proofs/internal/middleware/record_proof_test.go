package middleware

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/acme/sample-service/internal/id"
	"example.com/acme/sample-service/internal/request"
)

func TestLayersKnowTheRoute(t *testing.T) {
	want := Route{Template: "/ok", APIVersion: "v1", Stream: true}
	var got Route
	s := newTestServer(t, testRouter{"/ok": {route: want, serve: func(_ http.ResponseWriter, r *http.Request) {
		got = exchangeFrom(r.Context()).route
	}}}, defaultOptions())
	s.do(get("/ok"))
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A proxy in front may take the rest of such a request for the next one, so the connection must not
// be used again.
func TestAmbiguousFramingClosesTheConnection(t *testing.T) {
	routes := testRouter{"/drain": {method: "POST", serve: serveDrain}}
	server := httptest.NewServer(newTestServer(t, routes, defaultOptions()))
	defer server.Close()
	for name, tt := range map[string]struct {
		request string
		closed  bool
	}{
		"length": {"POST /drain HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", false},
		"length and chunked": {"POST /drain HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"1\r\nx\r\n0\r\n\r\n", true},
		"HTTP/1.0 chunked": {"POST /drain HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"1\r\nx\r\n0\r\n\r\n", true},
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, tt.request); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _ = resp.Body.Close(); resp.Close != tt.closed {
			t.Errorf("%s: got close %t, want %t", name, resp.Close, tt.closed)
		}
	}
}

func TestRecordReadsIDs(t *testing.T) {
	var got request.Record
	s := newTestServer(t, testRouter{"/ok": {serve: func(_ http.ResponseWriter, r *http.Request) {
		got = *request.From(r.Context())
	}}}, defaultOptions())
	long := strings.Repeat("a", 129)
	for sent, kept := range map[string]bool{"abc-DEF_1.2": true, long[1:]: true, "": false, "<b>": false, long: false} {
		r := get("/ok")
		for _, name := range []string{request.HeaderRequestID, request.HeaderCorrelationID, request.HeaderClientID} {
			r.Header.Set(name, sent)
		}
		h := s.do(r).Header()
		if h.Get(request.HeaderRequestID) != got.ID || h.Get(request.HeaderCorrelationID) != got.CorrelationID {
			t.Errorf("got headers %v, want the ids of %+v", h, got)
		}
		if kept && (got.ID != sent || got.CorrelationID != sent || got.ClientID != sent) {
			t.Errorf("got %+v, want the id %q", got, sent)
		}
		if !kept && (!id.Valid("req", got.ID) || got.CorrelationID != "" || got.ClientID != "") {
			t.Errorf("got %+v for %q, want a new request id and nothing else", got, sent)
		}
	}
}
