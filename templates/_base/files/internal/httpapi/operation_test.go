package httpapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/problem"
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
