package middleware

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/id"
	"github.com/acme/billing-api/internal/request"
)

func TestIDsAreKeptWhenWellFormedAndAnswered(t *testing.T) {
	long := strings.Repeat("a", 129)
	for _, tt := range []struct {
		name, sent string
		kept       bool
	}{
		{"none", "", false},
		{"good", "abc-DEF_1.2", true},
		{"longest", long[1:], true},
		{"too long", long, false},
		{"markup", "<b>", false},
		{"line break", "a\nb", false},
		{"umlaut", "ä", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got request.Record
			s := standOf(t, site{"/ok": {serve: func(_ http.ResponseWriter, r *http.Request) { got = *request.From(r.Context()) }}}, defaults())
			r := get("/ok")
			for _, name := range []string{request.HeaderRequestID, request.HeaderCorrelationID, request.HeaderClientID} {
				if tt.sent != "" {
					r.Header.Set(name, tt.sent)
				}
			}
			w := s.do(r)
			answered := w.Header().Get(request.HeaderRequestID)
			if got.ID != answered {
				t.Errorf("the handler sees %q, the caller %q", got.ID, answered)
			}
			if tt.kept {
				if got.ID != tt.sent || got.CorrelationID != tt.sent || got.ClientID != tt.sent {
					t.Errorf("got %+v, want %q kept", got, tt.sent)
				}
				if w.Header().Get(request.HeaderCorrelationID) != tt.sent {
					t.Errorf("the correlation id is not answered")
				}
				return
			}
			if !id.Valid("req", got.ID) || got.CorrelationID != "" || got.ClientID != "" {
				t.Errorf("got %+v, want a new request id and nothing else", got)
			}
		})
	}
}

func TestRouteIsKnownBeforeTheHandler(t *testing.T) {
	want := Route{Template: "/ok", APIVersion: "v1", Stream: true}
	var got Route
	s := standOf(t, site{"/ok": {route: want, serve: func(_ http.ResponseWriter, r *http.Request) { got = RouteFrom(r.Context()) }}}, defaults())
	s.do(get("/ok"))
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := RouteFrom(context.Background()); got != (Route{}) {
		t.Errorf("got %+v outside a request, want the zero route", got)
	}
}

func TestAnnouncementsAreNotTheStatus(t *testing.T) {
	s := standOf(t, site{"/ok": {route: Route{Template: "/ok"}, serve: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusAccepted)
	}}}, defaults())
	server := httptest.NewServer(s)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/ok")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	server.Close()
	if line := s.log.one(t); resp.StatusCode != http.StatusAccepted || line["status"] != 202.0 {
		t.Errorf("got status %d, logged %v, want 202", resp.StatusCode, line["status"])
	}
}
