package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"github.com/acme/billing-api/internal/health"
	"github.com/acme/billing-api/internal/memory"
	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/problem"
	"github.com/acme/billing-api/internal/request"
)

// api is a router with all routes, and its dependencies. The IDs of new notes count up, and so do
// their times.
type api struct {
	router *Router
	store  note.Store
	checks *health.Checks
}

func newAPI(t testing.TB) *api {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	a := &api{
		store:  memory.Open(),
		checks: health.New(health.Config{CheckTimeout: time.Second}, log, "billing-api", "1.2.3", "abc123"),
	}
	a.router = NewRouter(a.checks, noop.Meter{}, log)
	calls, ids := 0, 0
	now := func() time.Time {
		calls++
		return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(calls) * time.Second)
	}
	newID := func() string {
		ids++
		return fmt.Sprintf("note_%026d", ids)
	}
	Register(a.router, note.NewService(a.store, now, newID))
	return a
}

// newNote stores a note whose ID is the number.
func (a *api) newNote(t testing.TB, number int, owner string) note.Note {
	t.Helper()
	n := note.Note{ID: fmt.Sprintf("note_%026d", number), Owner: owner, Title: "Title", Body: "Body", Version: 1}
	if err := a.store.Create(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return n
}

// do serves one request. header alternates names and values; a name may occur several times.
func (a *api) do(method, target, body string, header ...string) *httptest.ResponseRecorder {
	return serve(a.router, method, target, body, header...)
}

// withRecord does what middleware.Record does.
func withRecord(ctx context.Context) context.Context {
	return request.With(ctx, &request.Record{ID: "req_1"})
}

func serve(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	if body != "" && r.Header["Content-Type"] == nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r = r.WithContext(withRecord(r.Context()))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func decodeBody[T any](t testing.TB, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("body %q: %v", w.Body, err)
	}
	return v
}

func wantStatus(t testing.TB, w *httptest.ResponseRecorder, want int) {
	t.Helper()
	if w.Code != want {
		t.Fatalf("got status %d, want %d: %s", w.Code, want, w.Body)
	}
}

func wantHeader(t testing.TB, w *httptest.ResponseRecorder, name, want string) {
	t.Helper()
	if got := strings.Join(w.Header().Values(name), ", "); got != want {
		t.Errorf("got %s %q, want %q", name, got, want)
	}
}

// wantProblem checks that the response is a complete problem document.
func wantProblem(t testing.TB, w *httptest.ResponseRecorder, status int, code string) problem.Problem {
	t.Helper()
	wantStatus(t, w, status)
	wantHeader(t, w, "Content-Type", problem.ContentType)
	p := decodeBody[problem.Problem](t, w)
	if p.Status != status || p.Code != code || p.RequestID != "req_1" || p.Title == "" {
		t.Errorf("got problem %+v, want status %d, code %s, a title and the request ID", p, status, code)
	}
	return p
}

func locations(p problem.Problem) string {
	names := make([]string, len(p.Errors))
	for i, e := range p.Errors {
		names[i] = e.Location
	}
	return strings.Join(names, " ")
}
