package httpapi

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"

	"example.com/acme/sample-service/internal/middleware"
	"example.com/acme/sample-service/internal/problem"
	"example.com/acme/sample-service/internal/request"
)

// chainLimit is the body limit of these tests. Smaller notes are still large enough to be compressed.
const chainLimit = 4096

// newServer serves the API behind the middleware chain of the service, on a real listener.
func newServer(t *testing.T, a *api) *httptest.Server {
	t.Helper()
	// This cleanup runs last, after the server is closed.
	t.Cleanup(func() { goleak.VerifyNone(t) })
	log := slog.New(slog.DiscardHandler)
	measured, err := middleware.Metrics(noop.Meter{}, false)
	if err != nil {
		t.Fatal(err)
	}
	chain := middleware.Chain{
		middleware.Record(a.router.Route, middleware.Config{}),
		middleware.AccessLog(log),
		measured,
		middleware.Recover(log),
		middleware.SecurityHeaders(false),
		middleware.CORS(middleware.CORSConfig{}),
		middleware.BodyLimit(chainLimit),
		middleware.Timeout(10*time.Second, nil),
		middleware.Compress(middleware.CompressionConfig{Enabled: true}),
		middleware.ClientCert(false),
	}
	a.router.Use(chain)
	s := httptest.NewServer(a.router)
	t.Cleanup(s.Close)
	return s
}

// send sends one request. The client neither decompresses nor follows redirects.
func send(t *testing.T, s *httptest.Server, method, path string, body io.Reader, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := s.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(data)
}

func TestACompressedNoteCanBeUpdatedWithItsWeakTag(t *testing.T) {
	s := newServer(t, newAPI(t))
	text := strings.Repeat("Milk and bread. ", 200)
	resp, body := send(t, s, "POST", "/v1/notes", strings.NewReader(`{"owner":"ada","title":"Groceries","body":"`+text+`"}`),
		"Content-Type", "application/json")
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("create: got status %d: %s", resp.StatusCode, body)
	}
	path := resp.Header.Get("Location")

	resp, body = send(t, s, "GET", path, nil, "Accept-Encoding", "gzip")
	tag := resp.Header.Get("ETag")
	if resp.Header.Get("Content-Encoding") != "gzip" || tag != `W/"1"` {
		t.Fatalf("read: got encoding %q and tag %s, want gzip and a weak tag", resp.Header.Get("Content-Encoding"), tag)
	}
	reader, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var n NoteV1
	if err := json.NewDecoder(reader).Decode(&n); err != nil || n.Body != text {
		t.Errorf("read: got %d characters and error %v, want the note", len(n.Body), err)
	}

	if resp, _ = send(t, s, "GET", path, nil, "Accept-Encoding", "gzip", "If-None-Match", tag); resp.StatusCode != http.StatusNotModified {
		t.Errorf("read again: got status %d, want 304", resp.StatusCode)
	}
	change := `{"title":"Groceries","body":"Milk"}`
	resp, body = send(t, s, "PUT", path, strings.NewReader(change), "Content-Type", "application/json", "If-Match", tag)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("ETag") != `"2"` {
		t.Errorf("update: got status %d and tag %s: %s", resp.StatusCode, resp.Header.Get("ETag"), body)
	}
	resp, _ = send(t, s, "PUT", path, strings.NewReader(change), "Content-Type", "application/json", "If-Match", tag)
	if resp.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("update from the old version: got status %d, want 412", resp.StatusCode)
	}
	if resp, _ = send(t, s, "DELETE", path, nil, "If-Match", `W/"2"`); resp.StatusCode != http.StatusNoContent {
		t.Errorf("delete: got status %d, want 204", resp.StatusCode)
	}
}

func TestTheBodyLimitIsExact(t *testing.T) {
	s := newServer(t, newAPI(t))
	draft := func(size int) string {
		start, end := `{"owner":"ada","title":"Title","body":"`, `"}`
		return start + strings.Repeat("a", size-len(start)-len(end)) + end
	}
	for size, status := range map[int]int{
		int(chainLimit) - 1: 201,
		int(chainLimit):     201,
		int(chainLimit) + 1: 413,
		int(chainLimit) * 3: 413,
	} {
		for name, body := range map[string]io.Reader{
			"announced": strings.NewReader(draft(size)),
			"chunked":   io.MultiReader(strings.NewReader(draft(size))),
		} {
			resp, text := send(t, s, "POST", "/v1/notes", body, "Content-Type", "application/json")
			if resp.StatusCode != status {
				t.Errorf("%d bytes, %s: got status %d, want %d: %s", size, name, resp.StatusCode, status, text)
			}
			if status == 413 && !strings.Contains(text, `"code":"body_too_large"`) {
				t.Errorf("%d bytes, %s: got %s", size, name, text)
			}
		}
	}
}

func TestASlowBodyTimesOut(t *testing.T) {
	a := newAPI(t)
	type input struct {
		Body struct {
			Name string `json:"name"`
		}
	}
	handle(a.router.Version("v9", Lifecycle{}), operation{ID: "slow", Method: "POST", Path: "/slow", Timeout: 50 * time.Millisecond},
		func(context.Context, *input) (*struct{}, error) { return nil, nil })
	s := newServer(t, a)
	body, unfinished := io.Pipe()
	defer unfinished.Close()
	resp, text := send(t, s, "POST", "/v9/slow", body, "Content-Type", "application/json")
	if resp.StatusCode != http.StatusRequestTimeout || !strings.Contains(text, "request_timeout") {
		t.Errorf("got status %d, want 408: %s", resp.StatusCode, text)
	}
}

func TestTheReadDeadlineDoesNotCancelTheHandler(t *testing.T) {
	a := newAPI(t)
	type input struct {
		Body struct {
			Name string `json:"name"`
		}
	}
	// The context must end at the deadline of the route, not at an earlier deadline for reading the body.
	handle(a.router.Version("v9", Lifecycle{}), operation{ID: "wait", Method: "POST", Path: "/wait", Timeout: time.Second},
		func(ctx context.Context, _ *input) (*struct{}, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
	s := newServer(t, a)
	resp, text := send(t, s, "POST", "/v9/wait", strings.NewReader(`{"name":"x"}`), "Content-Type", "application/json")
	if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "deadline_exceeded") {
		t.Errorf("got status %d, want 503: %s", resp.StatusCode, text)
	}
}

func TestErrorResponsesAreProblemsWithAllHeaders(t *testing.T) {
	s := newServer(t, newAPI(t))
	jsonType := []string{"Content-Type", "application/json"}
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		status             int
	}{
		"not found":       {"GET", "/nothing", "", nil, 404},
		"no such note":    {"GET", "/v1/notes/1", "", nil, 404},
		"method":          {"PATCH", "/v1/notes", "", nil, 405},
		"media type":      {"POST", "/v1/notes", "x", []string{"Content-Type", "text/plain"}, 415},
		"malformed":       {"POST", "/v1/notes", "{", jsonType, 400},
		"invalid":         {"POST", "/v1/notes", "{}", jsonType, 422},
		"no precondition": {"DELETE", "/v1/notes/1", "", nil, 428},
		"large":           {"POST", "/v1/notes", strings.Repeat(" ", 3*int(chainLimit)), jsonType, 413},
	} {
		t.Run(name, func(t *testing.T) {
			resp, text := send(t, s, c.method, c.path, strings.NewReader(c.body), c.header...)
			var p problem.Problem
			if err := json.Unmarshal([]byte(text), &p); err != nil {
				t.Fatalf("body %q: %v", text, err)
			}
			id := resp.Header.Get(request.HeaderRequestID)
			if resp.StatusCode != c.status || p.Status != c.status || p.Code == "" || id == "" || p.RequestID != id {
				t.Errorf("got status %d, id %q and %+v, want %d", resp.StatusCode, id, p, c.status)
			}
			for name, want := range map[string]string{
				"Content-Type":           problem.ContentType,
				"Cache-Control":          "no-store",
				"X-Content-Type-Options": "nosniff",
			} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("got %s %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestUnknownErrorsAreHidden(t *testing.T) {
	a := newAPI(t)
	handle(a.router.Version("v9", Lifecycle{}), operation{ID: "broken", Method: "GET", Path: "/broken"},
		func(context.Context, *struct{}) (*struct{}, error) { return nil, errDown })
	s := newServer(t, a)
	resp, text := send(t, s, "GET", "/v9/broken", nil)
	if resp.StatusCode != http.StatusInternalServerError || strings.Contains(text, "10.0.0.7") {
		t.Errorf("got status %d: %s", resp.StatusCode, text)
	}
}

func BenchmarkGetNote(b *testing.B) {
	a := newAPI(b)
	n := a.newNote(b, 1, "ada")
	r := httptest.NewRequest(http.MethodGet, "/v1/notes/"+n.ID, nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
