package problem

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/go-cmp/cmp"

	"git.example.org/shop/orders/v2/internal/request"
)

// kind is a parameter that reads itself.
type kind struct{}

func (*kind) UnmarshalText(text []byte) error { return fmt.Errorf("%q is no kind", text) }

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

// humaHandler is a service of one operation, whose handler returns fail.
func humaHandler(fail error) http.Handler {
	UseForHuma()
	UseForHuma() // again, which does nothing
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("test", "1")
	cfg.CreateHooks, cfg.DocsPath, cfg.OpenAPIPath = nil, "", ""
	huma.Register(humago.New(mux, cfg), huma.Operation{
		OperationID: "put", Method: http.MethodPut, Path: "/notes/{id}", MaxBodyBytes: -1, RejectUnknownQueryParameters: true,
	}, func(context.Context, *input) (*struct{}, error) { return nil, fail })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(request.With(r.Context(), &request.Record{ID: "req_1"})))
	})
}

// put sends a body and returns the answer.
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

// failing is a body that cannot be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestErrorsOfHumaHaveTheShapeAndEchoNothing(t *testing.T) {
	h := humaHandler(nil)
	const inside = "echo-me"
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
		{"several", "/notes/1", `{"title":"e","mail":"echo-me","state":"echo-me"}`, 422, "validation_failed",
			[]FieldError{{"body.mail", "expected string to be RFC 5322 email"},
				{"body.state", `expected value to be one of "open, done"`}, {"body.title", "expected length >= 3"}}},
		{"missing", "/notes/1", `{}`, 422, "validation_failed",
			[]FieldError{{"body", "expected required property title to be present"}}},
		{"unknown property", "/notes/1", `{"title":"abc","echo-me":1}`, 422, "validation_failed",
			[]FieldError{{"body", "unexpected property"}}},
		{"name of many parts", "/notes/1", `{"title":"abc","a.echo-me.b":1}`, 422, "validation_failed",
			[]FieldError{{"body", "unexpected property"}}},
		{"map key", "/notes/1", `{"title":"abc","labels":{"<echo-me>":7}}`, 422, "validation_failed",
			[]FieldError{{"body.labels", "expected string"}}},
		{"no JSON", "/notes/1", `echo-me`, 400, "bad_request", []FieldError{{"body", "is not valid"}}},
		{"no body", "/notes/1", ``, 400, "bad_request", nil},
		{"path of another type", "/notes/echo-me", `{"title":"abc"}`, 422, "validation_failed",
			[]FieldError{{"path.id", "invalid integer"}}},
		{"parameter that reads itself", "/notes/1?kind=echo-me", `{"title":"abc"}`, 422, "validation_failed",
			[]FieldError{{"query.kind", "invalid value"}}},
		{"unknown parameter", "/notes/1?a.echo-me.b=1", `{"title":"abc"}`, 422, "validation_failed",
			[]FieldError{{"query", "unknown query parameter"}}},
		{"date", "/notes/1?since=echo-me", `{"title":"abc"}`, 422, "validation_failed",
			[]FieldError{{"query.since", "expected string to be RFC 3339 date-time"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, p := put(t, h, tt.target, strings.NewReader(tt.body))
			if w.Code != tt.status || p.Code != tt.code {
				t.Errorf("got %d %s, want %d %s", w.Code, p.Code, tt.status, tt.code)
			}
			if strings.Contains(w.Body.String(), inside) {
				t.Errorf("the input is echoed: %s", w.Body)
			}
			if diff := cmp.Diff(tt.errors, p.Errors); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestNumberOfFieldErrorsIsBounded(t *testing.T) {
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

func TestBodiesThatCannotBeReadHaveTheirStatus(t *testing.T) {
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
		if w, p := put(t, h, "/notes/1", failing{tt.err}); w.Code != tt.status || p.Code != tt.code {
			t.Errorf("got %d %s for %v, want %d %s", w.Code, p.Code, tt.err, tt.status, tt.code)
		}
	}
}

func TestErrorsOfHandlersHaveTheShape(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{errors.New("dial echo-me"), 500, "internal_error"},
		{fmt.Errorf("echo-me: %w", context.DeadlineExceeded), 503, "deadline_exceeded"},
		{From(request.With(context.Background(), &request.Record{ID: "req_1"}), New(412, "", "the note has changed")), 412, "precondition_failed"},
	} {
		w, p := put(t, humaHandler(tt.err), "/notes/1", strings.NewReader(`{"title":"abc"}`))
		if w.Code != tt.status || p.Code != tt.code || strings.Contains(w.Body.String(), "echo-me") {
			t.Errorf("got %d %s for %v, want %d %s", w.Code, w.Body, tt.err, tt.status, tt.code)
		}
	}
}

func TestErrorsMadeWithHumaHaveTheShape(t *testing.T) {
	UseForHuma()
	for _, tt := range []struct {
		err    huma.StatusError
		status int
		detail string
	}{
		{huma.Error404NotFound("there is no such note"), 404, "there is no such note"},
		{huma.Error503ServiceUnavailable("pool is empty", errors.New("x")), 503, generalDetail(503)},
		{huma.Error500InternalServerError("boom"), 500, generalDetail(500)},
		{huma.Error406NotAcceptable("unknown content type: echo", errors.New("x")), 406, "no media type of the Accept header can be produced"},
	} {
		var p *Problem
		if !errors.As(tt.err, &p) || p.Status != tt.status || p.Detail != tt.detail || len(p.Errors) > 0 && tt.status == 406 {
			t.Errorf("got %+v, want %d %s", tt.err, tt.status, tt.detail)
		}
	}
}

func TestOwnFieldErrorsAreKept(t *testing.T) {
	UseForHuma()
	own := FieldError{Location: "body.until", Message: "must be after body.since"}
	var p *Problem
	if !errors.As(huma.Error422UnprocessableEntity("validation failed", own, errors.New("echo-me")), &p) {
		t.Fatal("no problem")
	}
	if diff := cmp.Diff([]FieldError{own, {Message: "is not valid"}}, p.Errors); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func FuzzErrorsEchoNothing(f *testing.F) {
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
				t.Errorf("the input is echoed: %s", w.Body)
			}
		}
	})
}
