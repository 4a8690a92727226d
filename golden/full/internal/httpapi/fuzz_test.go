package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/problem"
)

// bodies are seeds for whatever reads a body.
func bodies() []string {
	seeds := make([]string, 0, 100)
	seeds = append(seeds,
		"", " ", "null", "true", "0", `"x"`, "[]", "{}", `{"owner":`, "\xff\xfe", "\xef\xbb\xbf{}", "\x00",
		validDraft,
		`{"title":"Title","body":""}`,
		`{"owner":"ada","title":"Title","Title":"Other","TITLE":"Third"}`,
		`{"owner":"ada","title":"a","title":"b"}`,
		`{"owner":"ada","title":"\ud800"}`,
		`{"owner":"ada","title":"\u0000\u001b\u007f\u0085"}`,
		`{"owner":{"$ne":null},"title":["a"],"body":1e999}`,
		`{"owner":"ada","title":"Title","body":null}`,
		`{"__proto__":{"a":1},"constructor":1}`,
		`{"a.b.c":1,"body.title":1,"":1}`,
		"{"+strings.Repeat(`"a":1,`, 500)+`"b":1}`,
		manyNames(200),
		strings.Repeat("[", 1000),
		strings.Repeat(`{"owner":`, 100)+strings.Repeat("}", 100),
		"["+strings.Repeat("{},", 2000)+"{}]",
		`{"owner":"`+strings.Repeat("a", 2000)+`","title":"`+strings.Repeat("ü", 1000)+`"}`,
		`{"owner":"ada","title":"Title","body":"`+strings.Repeat("a", 20_001)+`"}`,
	)
	for _, text := range injections {
		quoted, err := json.Marshal(text)
		if err != nil {
			panic(err)
		}
		seeds = append(seeds, `{"owner":`+string(quoted)+`,"title":`+string(quoted)+`,`+string(quoted)+`:1}`, text)
	}
	return seeds
}

func manyNames(n int) string {
	members := make(map[string]int, n)
	for i := range n {
		members[strconv.Itoa(i)] = i
	}
	data, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func FuzzCreateNote(f *testing.F) {
	for _, body := range bodies() {
		f.Add([]byte(body), "application/json")
	}
	f.Add([]byte(validDraft), "text/plain; charset=\"")
	f.Fuzz(func(t *testing.T, body []byte, mediaType string) {
		w := fuzzed(newAPI(t), "POST", "/v1/notes", "", body, http.Header{"Content-Type": {mediaType}})
		wantSafeAnswer(t, w, 201)
	})
}

func FuzzUpdateNote(f *testing.F) {
	for _, body := range bodies() {
		f.Add("note_00000000000000000000000001", `"1"`, []byte(body))
	}
	valid := []byte(`{"title":"Title","body":""}`)
	for _, header := range []string{"", "*", "1", `W/"1"`, `"0", "1"`, `"`, `W/`, `",",`, "\x00", strings.Repeat(`"a",`, 1000)} {
		f.Add("note_00000000000000000000000001", header, valid)
	}
	for _, id := range append(injections, "", "/", "..", "%2e%2e", "note_", strings.Repeat("a", 5000)) {
		f.Add(id, "*", valid)
	}
	f.Fuzz(func(t *testing.T, id, ifMatch string, body []byte) {
		a := newAPI(t)
		a.newNote(t, 1, "ada")
		h := http.Header{"Content-Type": {"application/json"}, "If-Match": {ifMatch}}
		w := fuzzed(a, "PUT", "/v1/notes/"+id, "", body, h)
		wantSafeAnswer(t, w, 200)
	})
}

func FuzzListNotes(f *testing.F) {
	for _, query := range []string{
		"", "limit=1", "limit=-1", "limit=1e3", "limit=%20", "limit", "limit=1&limit=2", "owner=ada", "owner=", "cursor=",
		"cursor=" + encodeCursor("note_00000000000000000000000001"), "cursor=%0a", "sort=owner", "=", "&", ";", "%", "%zz", "a[b]=c",
		"owner=" + strings.Repeat("a", 5000), strings.Repeat("a=1&", 500),
	} {
		f.Add(query)
	}
	for _, text := range injections {
		f.Add("owner=" + url.QueryEscape(text))
		f.Add("cursor=" + url.QueryEscape(text))
		f.Add(url.QueryEscape(text) + "=1")
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, query string) {
		a := newAPI(t)
		a.newNote(t, 1, "ada")
		a.newNote(t, 2, "ada")
		w := fuzzed(a, "GET", "/v1/notes", query, nil, http.Header{})
		wantSafeAnswer(t, w, 200)
	})
}

// fuzzed serves a request whose parts need not be well-formed.
func fuzzed(a *api, method, path, query string, body []byte, h http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", strings.NewReader(string(body)))
	r.URL = &url.URL{Path: path, RawQuery: query}
	r.Header = h
	r = r.WithContext(withRecord(r.Context()))
	w := httptest.NewRecorder()
	a.router.ServeHTTP(w, r)
	return w
}

// Everything that a refusal may say. It holds nothing that a caller could have
// put there, so what is made of these words repeats no input.
var (
	safeLocation = regexp.MustCompile(`^(body|query|header)?(\.(owner|title|body|limit|cursor|If-Match))?$`)
	safeMessage  = regexp.MustCompile(`^(expected|must|is|has|unexpected|invalid|required) [A-Za-z0-9*>=<, -]{1,80}$`)
	safeDetail   = regexp.MustCompile(`^[a-z][A-Za-z0-9/, -]{1,80}$`)
)

// wantSafeAnswer checks that the caller is served or refused, and that a
// refusal is small and in our words.
func wantSafeAnswer(t *testing.T, w *httptest.ResponseRecorder, success int) {
	t.Helper()
	switch {
	case w.Code == success:
		return
	case w.Code == http.StatusTemporaryRedirect: // to the clean path
	case w.Code < 400 || w.Code >= 500:
		t.Fatalf("got status %d: %s", w.Code, w.Body)
	}
	if w.Body.Len() > 4096 {
		t.Errorf("got a refusal of %d bytes", w.Body.Len())
	}
	p := decode[problem.Problem](t, w)
	if p.Title != http.StatusText(w.Code) || !safeDetail.MatchString(p.Detail) {
		t.Errorf("got title %q and detail %q", p.Title, p.Detail)
	}
	for _, e := range p.Errors {
		if !safeLocation.MatchString(e.Location) || !safeMessage.MatchString(e.Message) {
			t.Errorf("got error %+v", e)
		}
	}
}
