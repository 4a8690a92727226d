package problem

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"
)

func TestTheNumberOfFieldErrorsIsBounded(t *testing.T) {
	unknown := map[string]string{"title": "abc"}
	for i := range 1000 {
		unknown[strconv.Itoa(i)] = ""
	}
	body, err := json.Marshal(unknown)
	if err != nil {
		t.Fatal(err)
	}
	if _, p := put(t, humaHandler(nil), "/notes/1", bytes.NewReader(body)); len(p.Errors) != maxErrors {
		t.Errorf("got %d errors, want %d", len(p.Errors), maxErrors)
	}
}

// unreadable is a body whose reads fail.
type unreadable struct{ err error }

func (u unreadable) Read([]byte) (int, error) { return 0, u.err }

func TestUnreadableBodies(t *testing.T) {
	h := humaHandler(nil)
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{&http.MaxBytesError{Limit: 10}, 413, "body_too_large"},
		{ErrBodyTimeout, 408, "request_timeout"},
		{&BodyError{io.ErrUnexpectedEOF}, 400, "bad_request"},
	} {
		if w, p := put(t, h, "/notes/1", unreadable{tt.err}); w.Code != tt.status || p.Code != tt.code {
			t.Errorf("got %d %s for %v, want %d %s", w.Code, p.Code, tt.err, tt.status, tt.code)
		}
	}
}

func TestAnInvalidBodyAfterTheDeadlineIsA503(t *testing.T) {
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	r := httptest.NewRequestWithContext(expired, http.MethodPut, "/notes/1", strings.NewReader(`{"title":"e"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	humaHandler(nil).ServeHTTP(w, r)
	if w.Code != 503 || !strings.Contains(w.Body.String(), codeDeadlineExceeded) {
		t.Errorf("got %d %s, want 503 %s", w.Code, w.Body, codeDeadlineExceeded)
	}
}

func TestErrorsOfHumaBecomeProblems(t *testing.T) {
	UseForHuma()
	for _, tt := range []struct {
		err    huma.StatusError
		status int
		detail string
	}{
		{huma.Error404NotFound("note not found"), 404, "note not found"},
		{huma.Error503ServiceUnavailable("pool is empty", errors.New("x")), 503, publicDetail(503)},
		{huma.Error500InternalServerError("boom"), 500, publicDetail(500)},
	} {
		var p *Problem
		if !errors.As(tt.err, &p) || p.Status != tt.status || p.Detail != tt.detail {
			t.Errorf("got %+v, want %d %s", tt.err, tt.status, tt.detail)
		}
	}
}

func TestFieldErrorsOfHandlersAreKept(t *testing.T) {
	UseForHuma()
	own := FieldError{Location: "body.until", Message: "must be after body.since"}
	var p *Problem
	if !errors.As(huma.Error422UnprocessableEntity("validation failed", own, errors.New("echo-me")), &p) {
		t.Fatal("not a problem")
	}
	if diff := cmp.Diff([]FieldError{own, {Message: "is not valid"}}, p.Errors); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func FuzzErrorsNeverRepeatTheInput(f *testing.F) {
	h := humaHandler(nil)
	f.Add("q")
	f.Add("\x00<\"")
	f.Fuzz(func(t *testing.T, s string) {
		value := "echo-me" + s
		key, err := json.Marshal(value)
		if err != nil {
			t.Skip()
		}
		for _, body := range []string{
			`{"title":"abc",` + string(key) + `:1}`, `{"title":"abc","state":` + string(key) + `}`, value,
			`{"title":"abc","mail":` + string(key) + `}`, `{"title":` + value,
		} {
			if w, _ := put(t, h, "/notes/1", strings.NewReader(body)); strings.Contains(w.Body.String(), "echo-me") {
				t.Errorf("the response repeats the input: %s", w.Body)
			}
		}
	})
}
