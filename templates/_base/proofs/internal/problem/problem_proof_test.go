package problem

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/acme/sample-service/internal/request"
)

func TestWriteReplacesHeadersOfTheResponse(t *testing.T) {
	replaced := []string{"Etag", "Content-Encoding", "Last-Modified", "Content-Range", "Accept-Ranges"}
	w := httptest.NewRecorder()
	for _, name := range replaced {
		w.Header().Set(name, "x")
	}
	w.Header().Set("Cache-Control", "public, max-age=60")
	w.Header().Set("Content-Length", "7")
	w.Header().Set("Retry-After", "3")
	Write(w, httptest.NewRequest(http.MethodGet, "/", nil), New(429, "", "too many requests"))
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

func TestFromOfRareErrors(t *testing.T) {
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	shutDown, shutdown := context.WithCancelCause(t.Context())
	shutdown(ErrShuttingDown)
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		err    error
		status int
		code   string
	}{
		{"malformed body", t.Context(), &BodyError{errors.New("unexpected EOF")}, 400, "bad_request"},
		{"other error after the deadline", expired, errors.New("connection lost"), 503, "deadline_exceeded"},
		{"slow body after the deadline", expired, ErrBodyTimeout, 408, "request_timeout"},
		{"deadline of a call", t.Context(), context.DeadlineExceeded, 503, "deadline_exceeded"},
		{"canceled call", t.Context(), context.Canceled, 500, "internal_error"},
		{"other error after the shutdown", shutDown, errors.New("connection lost"), 503, "shutting_down"},
	} {
		t.Run(tt.name, func(t *testing.T) { testFrom(tt.ctx, t, tt.err, tt.status, tt.code) })
	}
}

func TestEveryCodeIsDocumented(t *testing.T) {
	document, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{codeBadRequest, codeInternal, CodeClientCertificateRequired, codeDeadlineExceeded, CodeOverloaded, codeShuttingDown}
	for status, code := range codes {
		if status != StatusClientClosedRequest { // nobody reads it
			want = append(want, code)
		}
	}
	var got []string
	for line := range strings.Lines(string(document)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			for code := range strings.SplitSeq(cells[2], ",") {
				if code = strings.TrimSpace(code); strings.HasPrefix(code, "`") {
					got = append(got, strings.Trim(code, "`"))
				}
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("docs/api.md has the codes %q, want %q", got, want)
	}
}

func TestRetryAfter(t *testing.T) {
	for status, want := range map[int]string{503: retryAfter, 500: "", 429: "", 404: ""} {
		if w, _ := write(New(status, "", "")); w.Header().Get("Retry-After") != want {
			t.Errorf("%d: got Retry-After %q, want %q", status, w.Header().Get("Retry-After"), want)
		}
	}
	w := httptest.NewRecorder()
	w.Header().Set("Retry-After", "3")
	Write(w, httptest.NewRequest(http.MethodGet, "/", nil), New(503, "", ""))
	if got := w.Header().Values("Retry-After"); !slices.Equal(got, []string{"3"}) {
		t.Errorf("got Retry-After %q, want the one that was set", got)
	}
}
