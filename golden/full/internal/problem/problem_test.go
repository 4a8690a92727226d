package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/billing-api/internal/request"
)

// write sends p as the response to a request. It returns the response and the request record.
func write(p *Problem) (*httptest.ResponseRecorder, *request.Record) {
	rec := &request.Record{ID: "req_1"}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	Write(w, r.WithContext(request.With(r.Context(), rec)), p)
	return w, rec
}

func TestProblemDocument(t *testing.T) {
	w, _ := write(New(404, "", "note not found"))
	want := `{"title":"Not Found","status":404,"detail":"note not found","code":"not_found","request_id":"req_1"}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if w.Code != 404 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}

	w, _ = write(New(422, "", "validation failed").WithErrors(FieldError{Location: "body.title", Message: "must not be empty"}))
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
			w, rec := write(p)
			if strings.Contains(w.Body.String(), "10.0.0.7") {
				t.Errorf("the response contains the cause: %s", w.Body)
			}
			if rec.Err == nil || !strings.Contains(rec.Err.Error(), cause.Error()) {
				t.Errorf("got error %v in the record, want %v", rec.Err, cause)
			}
		})
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
		{"deadline", expired, context.DeadlineExceeded, 503, "deadline_exceeded"},
		{"client disconnected", disconnected, fmt.Errorf("store: %w", context.Canceled), 499, "client_closed_request"},
		{"shutdown", shutDown, context.Canceled, 503, "shutting_down"},
	} {
		t.Run(tt.name, func(t *testing.T) { testFrom(tt.ctx, t, tt.err, tt.status, tt.code) })
	}
}

func testFrom(ctx context.Context, t *testing.T, err error, status int, code string) {
	t.Helper()
	rec := &request.Record{ID: "req_1"}
	p := From(request.With(ctx, rec), err)
	if p.Status != status || p.Code != code || p.RequestID != "req_1" {
		t.Errorf("got %+v, want %d %s", p, status, code)
	}
	if got := rec.Err != nil; got != (status >= 500) {
		t.Errorf("got error %v in the record for status %d", rec.Err, status)
	}
}
