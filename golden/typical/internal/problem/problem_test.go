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

// write sends p as the response to a request, after prepare has set other headers. It returns the
// response and the request record.
func write(p *Problem, prepare func(http.Header)) (*httptest.ResponseRecorder, *request.Record) {
	rec := &request.Record{ID: "req_1"}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	if prepare != nil {
		prepare(w.Header())
	}
	Write(w, r.WithContext(request.With(r.Context(), rec)), p)
	return w, rec
}

func TestProblemDocument(t *testing.T) {
	w, _ := write(New(404, "", "note not found"), nil)
	want := `{"title":"Not Found","status":404,"detail":"note not found","code":"not_found","request_id":"req_1"}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if w.Code != 404 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}

	w, _ = write(New(422, "", "validation failed").WithErrors(FieldError{Location: "body.title", Message: "must not be empty"}), nil)
	var got Problem
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]FieldError{{Location: "body.title", Message: "must not be empty"}}, got.Errors); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestServerErrorsHideTheirCauseFromClients(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.7:5432: refused")
	assigned := New(500, "", "")
	assigned.Detail = cause.Error()
	for name, p := range map[string]*Problem{
		"detail":          New(503, "store_unavailable", cause.Error()),
		"cause":           New(500, "", "").WithCause(cause),
		"assigned detail": assigned,
	} {
		t.Run(name, func(t *testing.T) {
			w, rec := write(p, nil)
			if strings.Contains(w.Body.String(), "10.0.0.7") {
				t.Errorf("the response contains the cause: %s", w.Body)
			}
			if rec.Err == nil || !strings.Contains(rec.Err.Error(), cause.Error()) {
				t.Errorf("got error %v in the record, want %v", rec.Err, cause)
			}
		})
	}
}

func TestWriteReplacesHeadersOfTheResponse(t *testing.T) {
	replaced := []string{"Etag", "Content-Encoding", "Last-Modified", "Content-Range", "Accept-Ranges"}
	w, _ := write(New(429, "", "too many requests"), func(h http.Header) {
		for _, name := range replaced {
			h.Set(name, "x")
		}
		h.Set("Cache-Control", "public, max-age=60")
		h.Set("Content-Length", "7")
		h.Set("Retry-After", "3")
	})
	for _, name := range replaced {
		if got := w.Header().Get(name); got != "" {
			t.Errorf("got %s %q, want none", name, got)
		}
	}
	if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
		t.Errorf("got length %s, want %d", got, w.Body.Len())
	}
	if w.Header().Get("Retry-After") != "3" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got headers %v, want Retry-After as it was set, and no-store", w.Header())
	}
}

func TestRetryAfter(t *testing.T) {
	for status, want := range map[int]string{503: retryAfter, 500: "", 429: "", 404: ""} {
		if w, _ := write(New(status, "", ""), nil); w.Header().Get("Retry-After") != want {
			t.Errorf("%d: got Retry-After %q, want %q", status, w.Header().Get("Retry-After"), want)
		}
	}
}

func TestFrom(t *testing.T) {
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	disconnected, disconnect := context.WithCancel(t.Context())
	disconnect()
	shutDown, shutdown := context.WithCancelCause(t.Context())
	shutdown(ErrShuttingDown)
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		err    error
		status int
		code   string
	}{
		{"problem", t.Context(), New(404, "", "x"), 404, "not_found"},
		{"wrapped problem", t.Context(), fmt.Errorf("get: %w", New(409, "note_exists", "x")), 409, "note_exists"},
		{"unknown error", t.Context(), errors.New("x"), 500, "internal_error"},
		{"body too large", t.Context(), fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 1}), 413, "body_too_large"},
		{"slow body", t.Context(), fmt.Errorf("read: %w", ErrBodyTimeout), 408, "request_timeout"},
		{"slow body after the deadline", expired, ErrBodyTimeout, 408, "request_timeout"},
		{"malformed body", t.Context(), &BodyError{errors.New("unexpected EOF")}, 400, "bad_request"},
		{"deadline", expired, context.DeadlineExceeded, 503, "deadline_exceeded"},
		{"other error after the deadline", expired, errors.New("connection lost"), 503, "deadline_exceeded"},
		{"deadline of a call", t.Context(), context.DeadlineExceeded, 503, "deadline_exceeded"},
		{"client disconnected", disconnected, fmt.Errorf("store: %w", context.Canceled), 499, "client_closed_request"},
		{"canceled call", t.Context(), context.Canceled, 500, "internal_error"},
		{"shutdown", shutDown, context.Canceled, 503, "shutting_down"},
		{"other error after the shutdown", shutDown, errors.New("connection lost"), 503, "shutting_down"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := &request.Record{ID: "req_1"}
			p := From(request.With(tt.ctx, rec), tt.err)
			if p.Status != tt.status || p.Code != tt.code || p.RequestID != "req_1" {
				t.Errorf("got %+v, want %d %s", p, tt.status, tt.code)
			}
			if got := rec.Err != nil; got != (tt.status >= 500) {
				t.Errorf("got error %v in the record for status %d", rec.Err, tt.status)
			}
		})
	}
}

func TestFromLeavesASharedProblemUnchanged(t *testing.T) {
	shared := New(404, "", "x")
	got := From(request.With(t.Context(), &request.Record{ID: "req_1"}), shared)
	if got.RequestID != "req_1" || shared.RequestID != "" {
		t.Errorf("got request ID %q, and %q in the shared problem", got.RequestID, shared.RequestID)
	}
}

func TestEveryStatusHasATitleAndACode(t *testing.T) {
	for status := 400; status < 600; status++ {
		if p := New(status, "", ""); p.Title == "" || p.Code == "" {
			t.Errorf("got %+v for %d", p, status)
		}
	}
}

func TestErrorText(t *testing.T) {
	cause := errors.New("refused")
	p := New(500, "", "").WithCause(cause)
	if got, want := p.Error(), "500 internal_error: refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(p, cause) {
		t.Error("the chain does not contain the cause")
	}
	if got, want := New(404, "", "no note").Error(), "404 not_found: no note"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
