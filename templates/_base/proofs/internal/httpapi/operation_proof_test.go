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

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/problem"
	"example.com/acme/sample-service/internal/request"
)

func TestOnlyTheMiddlewareLimitsABody(t *testing.T) {
	const limitOfHuma = 1 << 20
	a := newAPI(t)
	for _, size := range []int{limitOfHuma - 1, limitOfHuma, limitOfHuma + 1, 3 * limitOfHuma} {
		padding := strings.Repeat(" ", size-len(validDraft))
		wantStatus(t, a.do("POST", "/v1/notes", validDraft+padding), 201)
	}
}

// deadlines fails the test when a deadline of the connection is set.
type deadlines struct {
	http.ResponseWriter
	t *testing.T
}

func (d deadlines) SetReadDeadline(time.Time) error {
	d.t.Error("the read deadline was set")
	return nil
}

func TestOnlyTheMiddlewareSetsDeadlines(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/v1/notes", strings.NewReader(validDraft))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	newAPI(t).router.ServeHTTP(deadlines{w, t}, r)
	wantStatus(t, w, 201)
}

func TestErrorsOfTheDomainHaveTheirStatus(t *testing.T) {
	for err, want := range map[error]int{
		domain.ErrNotFound:        404,
		domain.ErrExists:          409,
		domain.ErrVersionMismatch: 412,
		domain.ErrUnavailable:     503,
		&note.InvalidError{}:      422,
	} {
		wrapped := errors.Join(errDown, err)
		var p *problem.Problem
		if got := domainProblem(wrapped); !errors.As(got, &p) || p.Status != want {
			t.Errorf("%v: got %v, want status %d", err, got, want)
		}
	}
	if got := domainProblem(errDown); !errors.Is(got, errDown) || errors.As(got, new(*problem.Problem)) {
		t.Errorf("got %v for an unknown error, want the error itself", got)
	}
}

// broken is a store whose dependency is down.
type broken struct{ note.Store }

var errRefused = errors.New("dial tcp 10.0.0.7:4711: refused")

func (broken) Get(context.Context, string) (note.Note, error) {
	return note.Note{}, fmt.Errorf("%w: %w", domain.ErrUnavailable, errRefused)
}

func TestAnUnavailableStoreIsA503WithRetryAfter(t *testing.T) {
	a := newAPI(t)
	router := NewRouter(a.checks, noop.Meter{}, slog.New(slog.DiscardHandler))
	Register(router, note.NewService(broken{a.store}, time.Now, note.NewID))
	rec := &request.Record{ID: "req_1"}
	r := httptest.NewRequest(http.MethodGet, "/v1/notes/"+note.NewID(), nil)
	w := httptest.NewRecorder()
	router.ServeHTTP(w, r.WithContext(request.With(r.Context(), rec)))

	wantProblem(t, w, 503, "unavailable")
	wantHeader(t, w, "Retry-After", "5")
	if strings.Contains(w.Body.String(), "10.0.0.7") {
		t.Errorf("got %s, want no cause", w.Body)
	}
	if !errors.Is(rec.Err, errRefused) {
		t.Errorf("got error %v in the record, want %v", rec.Err, errRefused)
	}
}

func TestAPatternOfAnotherMuxIsIgnored(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	outer := http.NewServeMux()
	outer.Handle("GET /{path...}", a.router)
	wantStatus(t, serve(outer, "GET", "/v1/notes/"+n.ID, ""), 200)
}

func TestTwoVersionsServeSideBySide(t *testing.T) {
	a := newAPI(t)
	handle(a.router.Version("v9", Lifecycle{}), operation{ID: "list-notes", Method: "GET", Path: "/notes"},
		func(context.Context, *struct{}) (*struct{ Body []string }, error) {
			return &struct{ Body []string }{[]string{"<second>"}}, nil
		})
	if got := a.do("GET", "/v9/notes", "").Body.String(); got != "[\"<second>\"]\n" {
		t.Errorf("got %q from v9", got)
	}
	if got := a.do("GET", "/v1/notes", "").Body.String(); got != "{\"notes\":[]}\n" {
		t.Errorf("got %q from v1", got)
	}
}

func TestAValueThatCannotBeEncodedSendsNoStatus(t *testing.T) {
	a := newAPI(t)
	type output struct{ Body struct{ At time.Time } }
	handle(a.router.Version("v9", Lifecycle{}), operation{ID: "broken", Method: "GET", Path: "/broken"},
		func(context.Context, *struct{}) (*output, error) {
			var out output
			out.Body.At = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
			return &out, nil
		})
	w := httptest.NewRecorder()
	sent := &recordStatus{ResponseWriter: w}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic, which middleware.Recover turns into a 500")
			}
		}()
		a.router.ServeHTTP(sent, httptest.NewRequest(http.MethodGet, "/v9/broken", nil))
	}()
	if sent.status != 0 {
		t.Errorf("got status %d before the panic", sent.status)
	}
}

type recordStatus struct {
	http.ResponseWriter
	status int
}

func (r *recordStatus) WriteHeader(status int) { r.status = status }

// lost is a connection whose client is gone.
type lost struct {
	http.ResponseWriter
	writes int
}

func (l *lost) Write([]byte) (int, error) {
	l.writes++
	return 0, errors.New("broken pipe")
}

func TestAnErrorOfTheWriteIsNeitherHiddenNorAPanic(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	for _, path := range []string{"/v1/notes/" + n.ID, "/v1/notes", "/v1/notes/none", "/nothing", "/health"} {
		l := &lost{ResponseWriter: httptest.NewRecorder()}
		a.router.ServeHTTP(l, httptest.NewRequest(http.MethodGet, path, nil))
		if l.writes != 1 {
			t.Errorf("%s: got %d writes, want one, whose error the writer of the middleware sees", path, l.writes)
		}
	}
}

func TestPagesOfLargeNotesAreBoundedInBytes(t *testing.T) {
	a := newAPI(t)
	const notes = 100
	body := `{"owner":"ada","title":"Title","body":"` + strings.Repeat("<", note.MaxBody) + `"}`
	for range notes {
		wantStatus(t, a.do("POST", "/v1/notes", body), 201)
	}
	read, next := 0, "/v1/notes?limit=100"
	for next != "" && read < 2*notes {
		w := a.do("GET", next, "")
		wantStatus(t, w, 200)
		if w.Body.Len() > note.MaxPageBytes*11/10 {
			t.Errorf("got a page of %d bytes", w.Body.Len())
		}
		read += len(decodeBody[NotePageV1](t, w).Notes)
		next = nextPage(w.Header())
	}
	if read != notes {
		t.Errorf("got %d notes, want %d", read, notes)
	}
}

func TestHealthCallsNoDependency(t *testing.T) {
	a := newAPI(t)
	a.checks.Add("store", func(context.Context) error {
		t.Error("a dependency was called")
		return errDown
	})
	wantStatus(t, a.do("GET", "/health", ""), 200)
}
