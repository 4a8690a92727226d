package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/problem"
	"example.com/acme/sample-service/internal/request"
)

func TestOnlyTheMiddlewareLimitsABody(t *testing.T) {
	const ofHuma = 1 << 20
	a := newAPI(t)
	for _, size := range []int{ofHuma - 1, ofHuma, ofHuma + 1, 3 * ofHuma} {
		padding := strings.Repeat(" ", size-len(validDraft))
		wantStatus(t, a.do("POST", "/v1/notes", validDraft+padding), 201)
	}
}

// deadlines fails the test when somebody moves a deadline of the connection.
type deadlines struct {
	http.ResponseWriter
	t *testing.T
}

func (d deadlines) SetReadDeadline(time.Time) error {
	d.t.Error("the deadline for reading was moved")
	return nil
}

func TestOnlyTheMiddlewareMovesDeadlines(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/v1/notes", strings.NewReader(validDraft))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	newAPI(t).router.ServeHTTP(deadlines{w, t}, r)
	wantStatus(t, w, 201)
}

func TestErrorsOfTheDomainHaveTheirStatus(t *testing.T) {
	for err, want := range map[error]int{
		note.ErrNotFound:        404,
		note.ErrExists:          409,
		note.ErrVersionMismatch: 412,
		note.ErrUnavailable:     503,
		&note.InvalidError{}:    422,
	} {
		wrapped := errors.Join(errDown, err)
		var p *problem.Problem
		if got := domainProblem(wrapped); !errors.As(got, &p) || p.Status != want {
			t.Errorf("%v: got %v, want status %d", err, got, want)
		}
	}
	if got := domainProblem(errDown); !errors.Is(got, errDown) || errors.As(got, new(*problem.Problem)) {
		t.Errorf("got %v for an unknown error, want it as it is", got)
	}
}

// broken is a store whose dependency is down.
type broken struct{ note.Store }

var errRefused = errors.New("dial tcp 10.0.0.7:4711: refused")

func (broken) Get(context.Context, string) (note.Note, error) {
	return note.Note{}, fmt.Errorf("%w: %w", note.ErrUnavailable, errRefused)
}

func TestADependencyThatIsDownIsA503ToTryAgain(t *testing.T) {
	a := newAPI(t)
	router := NewRouter(a.checks, noop.Meter{}, slog.New(slog.DiscardHandler))
	Register(router, note.NewService(broken{a.store}, time.Now, note.NewID))
	rec := &request.Record{ID: "req_1"}
	r := httptest.NewRequest(http.MethodGet, "/v1/notes/"+note.NewID(), nil)
	w := httptest.NewRecorder()
	router.ServeHTTP(w, r.WithContext(request.With(r.Context(), rec)))

	wantProblem(t, w, 503, "unavailable")
	if w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "10.0.0.7") {
		t.Errorf("got %v %s, want Retry-After and no word about the cause", w.Header(), w.Body)
	}
	if !errors.Is(rec.Err, errRefused) {
		t.Errorf("got cause %v in the record, want %v", rec.Err, errRefused)
	}
}
