package directory

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/note/notetest"
	"github.com/acme/billing-api/internal/request"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a directory that asks url.
func open(t *testing.T, url string, timeout time.Duration) *Directory {
	t.Helper()
	cfg := Config{URL: url, Timeout: timeout, DialTimeout: time.Second}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	d, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// served returns a directory that h answers for.
func served(t *testing.T, h http.HandlerFunc) *Directory {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return open(t, s.URL+"/v1/owners", 5*time.Second)
}

func TestTheStatusIsTheAnswer(t *testing.T) {
	for status, want := range map[int]struct {
		known       bool
		unavailable bool
	}{
		200: {known: true},
		204: {known: true},
		404: {},
		302: {unavailable: true},
		400: {unavailable: true},
		401: {unavailable: true},
		429: {unavailable: true},
		500: {unavailable: true},
		503: {unavailable: true},
	} {
		d := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/v1/owners/somebody-else")
			w.WriteHeader(status)
		})
		known, err := d.Knows(t.Context(), "ada")
		if known != want.known || errors.Is(err, note.ErrUnavailable) != want.unavailable || !want.unavailable && err != nil {
			t.Errorf("%d: got %t, %v, want %+v", status, known, err, want)
		}
	}
}

func TestAnOwnerIsOneSegmentOfThePath(t *testing.T) {
	asked := make(chan string, 1)
	d := served(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.RequestURI })
	for owner, want := range map[string]string{
		"ada":        "/v1/owners/ada",
		"a/../b?c#d": "/v1/owners/a%2F..%2Fb%3Fc%23d",
		"%2e%2e":     "/v1/owners/%252e%252e",
		"zoë":        "/v1/owners/zo%C3%AB",
	} {
		if _, err := d.Knows(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		if got := <-asked; got != want {
			t.Errorf("%s: got %s, want %s", owner, got, want)
		}
	}
	for _, owner := range []string{".", ".."} {
		if known, err := d.Knows(t.Context(), owner); known || err != nil || len(asked) > 0 {
			t.Errorf("%s: got %t, %v and %d calls, want an unknown owner and none", owner, known, err, len(asked))
		}
	}
}

func TestWithoutADirectoryEveryOwnerIsKnown(t *testing.T) {
	if known, err := open(t, "", time.Second).Knows(t.Context(), "ada"); !known || err != nil {
		t.Errorf("got %t, %v, want true", known, err)
	}
}

func TestADirectoryThatDoesNotAnswerIsUnavailable(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	// A listener that nobody accepts on: the kernel does, and then there is silence.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, url := range map[string]string{"refused": closed.URL, "silent": "http://" + silent.Addr().String()} {
		_, err := open(t, url, 50*time.Millisecond).Knows(t.Context(), "ada")
		if !errors.Is(err, note.ErrUnavailable) {
			t.Errorf("%s: got %v, want %v", name, err, note.ErrUnavailable)
		}
		if err != nil && strings.Contains(err.Error(), "ada") {
			t.Errorf("%s: the owner would be logged: %v", name, err)
		}
	}

	// A caller that has left is no fault of the directory.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = open(t, closed.URL, time.Second).Knows(ctx, "ada")
	if !errors.Is(err, context.Canceled) || errors.Is(err, note.ErrUnavailable) {
		t.Errorf("got %v, want only that the caller left", err)
	}
}

func TestALongAnswerIsNotReadToItsEnd(t *testing.T) {
	d := served(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	})
	if known, err := d.Knows(t.Context(), "ada"); !known || err != nil {
		t.Errorf("got %t, %v, want the status of an endless answer", known, err)
	}
}

func TestOneConnectionServesOneCallAfterAnother(t *testing.T) {
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "nobody", http.StatusNotFound)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	d := open(t, s.URL, 5*time.Second)
	for range 5 {
		if _, err := d.Knows(t.Context(), "ada"); err != nil {
			t.Fatal(err)
		}
	}
	if got := connections.Load(); got != 1 {
		t.Errorf("got %d connections, want 1", got)
	}
}

func TestTheIDsOfTheRequestArePassedOn(t *testing.T) {
	asked := make(chan http.Header, 1)
	d := served(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.Header })
	ask := func(rec *request.Record) map[string]string {
		t.Helper()
		if _, err := d.Knows(request.With(t.Context(), rec), "ada"); err != nil {
			t.Fatal(err)
		}
		header, ids := <-asked, map[string]string{}
		for _, name := range []string{"X-Request-Id", "X-Correlation-Id", "X-Client-Id"} {
			if header.Get(name) != "" {
				ids[name] = header.Get(name)
			}
		}
		return ids
	}
	want := map[string]string{"X-Request-Id": "req_1", "X-Correlation-Id": "order-7", "X-Client-Id": "shop"}
	if diff := cmp.Diff(want, ask(&request.Record{ID: "req_1", CorrelationID: "order-7", ClientID: "shop"})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"X-Request-Id": "req_2"}, ask(&request.Record{ID: "req_2"})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAGuardedStoreKeepsTheContract(t *testing.T) {
	d := served(t, func(http.ResponseWriter, *http.Request) {})
	notetest.Run(t, func(*testing.T) note.Store { return d.Guard(notetest.NewStore()) })
}

func TestNotesOfUnknownOwnersAreRefused(t *testing.T) {
	d := served(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/ada") {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	notes := note.NewService(d.Guard(notetest.NewStore()), time.Now, note.NewID)
	if _, err := notes.Create(t.Context(), note.Draft{Owner: "ada", Title: "First"}); err != nil {
		t.Errorf("got %v for a known owner, want nil", err)
	}
	_, err := notes.Create(t.Context(), note.Draft{Owner: "nobody", Title: "First"})
	invalid, ok := errors.AsType[*note.InvalidError](err)
	if !ok || len(invalid.Fields) != 1 || invalid.Fields[0].Field != "owner" {
		t.Errorf("got %v for an unknown owner, want an error of owner", err)
	}
	page, err := notes.List(t.Context(), note.Query{Limit: 10})
	if err != nil || len(page.Notes) != 1 {
		t.Errorf("got %v, %v, want the one note", page.Notes, err)
	}
}

func TestSettingsThatCannotBeHonouredAreRefusedByName(t *testing.T) {
	for _, c := range []struct {
		url           string
		timeout, dial time.Duration
		want          string
	}{
		{"", time.Second, time.Second, ""},
		{"http://127.0.0.1:8080/v1/owners", time.Second, 10 * time.Second, ""},
		{"https://people.example.com/", time.Second, time.Second, ""},
		{"people.example.com", time.Second, time.Second, "directory.url: "},
		{"ftp://people.example.com", time.Second, time.Second, "directory.url: "},
		{"http:///v1/owners", time.Second, time.Second, "directory.url: "},
		{"http://user:hunter2@people.example.com", time.Second, time.Second, "directory.url: "},
		{"http://people.example.com/?key=hunter2", time.Second, time.Second, "directory.url: "},
		{"", 0, time.Second, "directory.timeout: "},
		{"", time.Second, 0, "directory.dial_timeout: "},
		{"", time.Second, 11 * time.Second, "directory.dial_timeout: "},
	} {
		err := Config{URL: c.url, Timeout: c.timeout, DialTimeout: c.dial}.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %q", c, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the URL is shown: %v", err)
		}
	}
}
