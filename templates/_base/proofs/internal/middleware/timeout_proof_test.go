package middleware

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"example.com/acme/sample-service/internal/problem"
)

// work takes d, unless the context of the request ends before.
func work(d time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			serveHello(w, r)
		case <-r.Context().Done():
			problem.Write(w, r, problem.From(r.Context(), r.Context().Err()))
		}
	}
}

func TestTimeout(t *testing.T) {
	for _, tt := range []struct {
		name  string
		route Route
		work  time.Duration
		want  int
		after time.Duration
	}{
		{"in time", Route{}, 14 * time.Second, 200, 14 * time.Second},
		{"too slow", Route{}, 16 * time.Second, 503, 15 * time.Second},
		{"shorter by route", Route{Timeout: time.Second}, 2 * time.Second, 503, time.Second},
		{"longer by route", Route{Timeout: time.Minute}, 50 * time.Second, 200, 50 * time.Second},
		{"stream", Route{Stream: true}, time.Hour, 200, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newTestServer(t, testRouter{"/slow": {route: tt.route, serve: work(tt.work)}}, defaultOptions())
				start := time.Now()
				w := s.do(get("/slow"))
				if w.Code != tt.want || time.Since(start) != tt.after {
					t.Errorf("got %d after %s, want %d after %s", w.Code, time.Since(start), tt.want, tt.after)
				}
				if tt.want == 503 && readProblem(t, w).Code != "deadline_exceeded" {
					t.Errorf("got %s, want code deadline_exceeded", w.Body)
				}
			})
		})
	}
}

func TestStreamEndsWhenTheServiceHasDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drained := make(chan struct{})
		time.AfterFunc(time.Minute, func() { close(drained) })
		routes := testRouter{"/events": {route: Route{Stream: true}, serve: work(time.Hour)}}
		start, w := time.Now(), httptest.NewRecorder()
		Chain{Record(routes.routeOf, Config{}), Timeout(time.Second, drained)}.Then(routes).ServeHTTP(w, get("/events"))
		if code := readProblem(t, w).Code; w.Code != http.StatusServiceUnavailable || code != "shutting_down" || time.Since(start) != time.Minute {
			t.Errorf("got %d %s after %s, want 503 shutting_down after a minute", w.Code, code, time.Since(start))
		}
	})
}
