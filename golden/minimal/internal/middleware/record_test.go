package middleware

import (
	"net/http"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/id"
	"github.com/acme/billing-api/internal/request"
)

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
