package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"git.example.org/shop/orders/v2/internal/request"
)

// serve writes p in answer to a request, and returns the answer and the record of the request.
func serve(t *testing.T, p *Problem, prepare func(http.Header)) (*httptest.ResponseRecorder, *request.Record) {
	t.Helper()
	rec := &request.Record{ID: "req_1"}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	if prepare != nil {
		prepare(w.Header())
	}
	Write(w, r.WithContext(request.With(r.Context(), rec)), p)
	return w, rec
}

func TestShape(t *testing.T) {
	w, _ := serve(t, New(404, "", "there is no such note"), nil)
	want := `{"title":"Not Found","status":404,"detail":"there is no such note","code":"not_found","request_id":"req_1"}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if w.Code != 404 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}

	w, _ = serve(t, New(422, "", "validation failed").WithErrors(FieldError{Location: "body.title", Message: "is blank"}), nil)
	var got Problem
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]FieldError{{Location: "body.title", Message: "is blank"}}, got.Errors); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestServerErrorsTellTheLogAndNotTheCaller(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.7:5432: refused")
	hand := New(500, "", "")
	hand.Detail = cause.Error() // set by hand
	for name, p := range map[string]*Problem{
		"detail":         New(503, "store_unavailable", cause.Error()),
		"cause":          New(500, "", "").WithCause(cause),
		"detail by hand": hand.WithCause(cause),
	} {
		t.Run(name, func(t *testing.T) {
			w, rec := serve(t, p, nil)
			if strings.Contains(w.Body.String(), "10.0.0.7") {
				t.Errorf("the cause left the service: %s", w.Body)
			}
			if rec.Err == nil || rec.Err.Error() != cause.Error() {
				t.Errorf("got cause %v in the record, want %v", rec.Err, cause)
			}
		})
	}
}

func TestHeadersOfTheLostAnswerAreRemovedAndOthersKept(t *testing.T) {
	w, _ := serve(t, New(429, "", "too many requests"), func(h http.Header) {
		for _, name := range []string{"Etag", "Content-Encoding", "Last-Modified", "Content-Range", "Accept-Ranges"} {
			h.Set(name, "x")
		}
		h.Set("Cache-Control", "public, max-age=60")
		h.Set("Content-Length", "7")
		h.Set("Retry-After", "3")
	})
	for _, name := range []string{"Etag", "Content-Encoding", "Last-Modified", "Content-Range", "Accept-Ranges"} {
		if got := w.Header().Get(name); got != "" {
			t.Errorf("%s remains", name)
		}
	}
	if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
		t.Errorf("got length %s, want %d", got, w.Body.Len())
	}
	if w.Header().Get("Retry-After") != "3" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %v", w.Header())
	}
}

func TestUnavailableSaysWhenToComeBack(t *testing.T) {
	for status, want := range map[int]string{503: retryAfter, 500: "", 429: "", 404: ""} {
		if w, _ := serve(t, New(status, "", ""), nil); w.Header().Get("Retry-After") != want {
			t.Errorf("%d: got Retry-After %q, want %q", status, w.Header().Get("Retry-After"), want)
		}
	}
	w, _ := serve(t, New(503, "", ""), func(h http.Header) { h.Set("Retry-After", "30") })
	if got := w.Header()["Retry-After"]; len(got) != 1 || got[0] != "30" {
		t.Errorf("got Retry-After %v, want what is better known", got)
	}
}

func TestAnyErrorBecomesAProblem(t *testing.T) {
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		err    error
		status int
		code   string
	}{
		{"problem", t.Context(), New(404, "", "x"), 404, "not_found"},
		{"wrapped problem", t.Context(), fmt.Errorf("get: %w", New(409, "note_exists", "x")), 409, "note_exists"},
		{"unknown", t.Context(), errors.New("x"), 500, "internal_error"},
		{"too large", t.Context(), fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 1}), 413, "body_too_large"},
		{"slow body", t.Context(), fmt.Errorf("read: %w", ErrBodyTimeout), 408, "request_timeout"},
		{"slow body at the deadline", expired, ErrBodyTimeout, 408, "request_timeout"},
		{"broken body", t.Context(), &BodyError{errors.New("unexpected EOF")}, 400, "bad_request"},
		{"deadline", expired, context.DeadlineExceeded, 503, "deadline_exceeded"},
		{"deadline behind another error", expired, errors.New("connection lost"), 503, "deadline_exceeded"},
		{"deadline of a part", t.Context(), context.DeadlineExceeded, 503, "deadline_exceeded"},
		{"caller left", gone, fmt.Errorf("store: %w", context.Canceled), 499, "client_closed_request"},
		{"something else was cancelled", t.Context(), context.Canceled, 500, "internal_error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := &request.Record{ID: "req_1"}
			p := From(request.With(tt.ctx, rec), tt.err)
			if p.Status != tt.status || p.Code != tt.code || p.RequestID != "req_1" {
				t.Errorf("got %+v, want %d %s", p, tt.status, tt.code)
			}
			if got := rec.Err != nil; got != (tt.status >= 500) {
				t.Errorf("got cause %v in the record for status %d", rec.Err, tt.status)
			}
		})
	}
}

func TestSharedProblemsAreNotChanged(t *testing.T) {
	shared := New(404, "", "x")
	got := From(request.With(t.Context(), &request.Record{ID: "req_1"}), shared)
	if got.RequestID != "req_1" || shared.RequestID != "" {
		t.Errorf("got request id %s in a shared problem", shared.RequestID)
	}
}

func TestEveryStatusHasATitleAndACode(t *testing.T) {
	for status := 400; status < 600; status++ {
		if p := New(status, "", ""); p.Title == "" || p.Code == "" {
			t.Errorf("got %+v for %d", p, status)
		}
	}
	if got := New(401, "", "").Code; got != "unauthenticated" {
		t.Errorf("got %s", got)
	}
}

func TestTextOfAProblem(t *testing.T) {
	cause := errors.New("refused")
	p := New(500, "", "").WithCause(cause)
	if got, want := p.Error(), "500 internal_error: refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(p, cause) {
		t.Error("the cause is not in the chain")
	}
	if got, want := New(404, "", "no note").Error(), "404 not_found: no note"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
