package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/request"
)

// kind is a parameter with its own decoder.
type kind struct{}

func (*kind) UnmarshalText(text []byte) error { return fmt.Errorf("unknown kind %q", text) }

type input struct {
	ID    int    `path:"id"`
	Kind  kind   `query:"kind" required:"false"`
	Since string `query:"since" format:"date-time" required:"false"`
	Body  struct {
		Title  string            `json:"title" minLength:"3"`
		Mail   string            `json:"mail,omitempty" format:"email"`
		State  string            `json:"state,omitempty" enum:"open,done"`
		Labels map[string]string `json:"labels,omitempty"`
	}
}

// humaHandler serves one operation, whose handler returns err.
func humaHandler(err error) http.Handler {
	UseForHuma()
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("test", "1")
	cfg.CreateHooks, cfg.DocsPath, cfg.OpenAPIPath = nil, "", ""
	huma.Register(humago.New(mux, cfg), huma.Operation{
		OperationID: "put", Method: http.MethodPut, Path: "/notes/{id}", MaxBodyBytes: -1, RejectUnknownQueryParameters: true,
	}, func(context.Context, *input) (*struct{}, error) { return nil, err })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(request.With(r.Context(), &request.Record{ID: "req_1"})))
	})
}

// put sends a body, and returns the response and the problem in it.
func put(t *testing.T, h http.Handler, target string, body io.Reader) (*httptest.ResponseRecorder, Problem) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPut, target, body)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var p Problem
	if w.Code >= 400 {
		if got := w.Header().Get("Content-Type"); got != ContentType {
			t.Errorf("got content type %s, want %s", got, ContentType)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%v in %s", err, w.Body)
		}
		if p.RequestID != "req_1" {
			t.Errorf("got request id %q, want req_1", p.RequestID)
		}
	}
	return w, p
}

func TestValidationErrorsNeverRepeatTheInput(t *testing.T) {
	h := humaHandler(nil)
	for _, tt := range []struct {
		name   string
		target string
		body   string
		status int
		code   string
		errors []FieldError
	}{
		{"too short", "/notes/1", `{"title":"e"}`, 422, "validation_failed",
			[]FieldError{{"body.title", "expected length >= 3"}}},
		{"missing", "/notes/1", `{}`, 422, "validation_failed",
			[]FieldError{{"body", "expected required property title to be present"}}},
		{"unknown property", "/notes/1", `{"title":"abc","echo-me":1}`, 422, "validation_failed",
			[]FieldError{{"body", "unexpected property"}}},
		{"not JSON", "/notes/1", `echo-me`, 400, "bad_request", []FieldError{{"body", "is not valid"}}},
		{"path parameter of another type", "/notes/echo-me", `{"title":"abc"}`, 422, "validation_failed",
			[]FieldError{{"path.id", "invalid integer"}}},
		{"no body", "/notes/1", ``, 400, "bad_request", nil},
		{"parameter with its own decoder", "/notes/1?kind=echo-me", `{"title":"abc"}`, 422, "validation_failed",
			[]FieldError{{"query.kind", "invalid value"}}},
		{"unknown parameter", "/notes/1?a.echo-me.b=1", `{"title":"abc"}`, 422, "validation_failed",
			[]FieldError{{"query", "unknown query parameter"}}},
		{"several", "/notes/1", `{"title":"e","mail":"echo-me","state":"echo-me"}`, 422, "validation_failed",
			[]FieldError{{"body.mail", "expected string to be RFC 5322 email"},
				{"body.state", `expected value to be one of "open, done"`}, {"body.title", "expected length >= 3"}}},
		{"unknown property with dots", "/notes/1", `{"title":"abc","a.echo-me.b":1}`, 422, "validation_failed",
			[]FieldError{{"body", "unexpected property"}}},
		{"map key", "/notes/1", `{"title":"abc","labels":{"<echo-me>":7}}`, 422, "validation_failed",
			[]FieldError{{"body.labels", "expected string"}}},
		{"date", "/notes/1?since=echo-me", `{"title":"abc"}`, 422, "validation_failed",
			[]FieldError{{"query.since", "expected string to be RFC 3339 date-time"}}},
	} {
		w, p := put(t, h, tt.target, strings.NewReader(tt.body))
		if w.Code != tt.status || p.Code != tt.code {
			t.Errorf("%s: got %d %s, want %d %s", tt.name, w.Code, p.Code, tt.status, tt.code)
		}
		if strings.Contains(w.Body.String(), "echo-me") {
			t.Errorf("%s: the response repeats the input: %s", tt.name, w.Body)
		}
		if diff := cmp.Diff(tt.errors, p.Errors); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
}

func TestErrorsOfHandlersBecomeProblems(t *testing.T) {
	rec := &request.Record{ID: "req_1"}
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{errors.New("dial echo-me"), 500, "internal_error"},
		{fmt.Errorf("echo-me: %w", context.DeadlineExceeded), 503, "deadline_exceeded"},
		{From(request.With(context.Background(), rec), New(412, "", "the note has changed")), 412, "precondition_failed"},
	} {
		w, p := put(t, humaHandler(tt.err), "/notes/1", strings.NewReader(`{"title":"abc"}`))
		if w.Code != tt.status || p.Code != tt.code || strings.Contains(w.Body.String(), "echo-me") {
			t.Errorf("got %d %s for %v, want %d %s", w.Code, w.Body, tt.err, tt.status, tt.code)
		}
	}
}
