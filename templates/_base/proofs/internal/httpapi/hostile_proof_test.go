package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"example.com/acme/sample-service/internal/problem"
)

// An error response never repeats the input: not a value, a key, a path, a query or a header.
func TestAnErrorNeverRepeatsTheInput(t *testing.T) {
	const mark = "ECHO7c3"
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	for _, text := range injections {
		text += mark
		quoted := strconv.QuoteToASCII(text)
		escaped := url.QueryEscape(text)
		responses := map[string]*httptest.ResponseRecorder{
			"value":   a.do("POST", "/v1/notes", `{"owner":`+quoted+`,"title":"","body":[`+quoted+`]}`),
			"name":    a.do("POST", "/v1/notes", `{`+quoted+`:1}`),
			"syntax":  a.do("POST", "/v1/notes", `{"owner":`+text),
			"path":    a.do("GET", "/v1/notes/"+url.PathEscape(text), ""),
			"nowhere": a.do("GET", "/"+url.PathEscape(text), ""),
			"query":   a.do("GET", "/v1/notes?limit="+escaped+"&cursor="+escaped, ""),
			"filter":  a.do("GET", "/v1/notes?"+mark+"="+escaped, ""),
			"header":  a.do("PUT", "/v1/notes/"+n.ID, `{"title":"t","body":""}`, "If-Match", mark),
			"type":    a.do("POST", "/v1/notes", "{}", "Content-Type", mark+"/x"),
			"method":  a.do(mark, "/v1/notes", ""),
		}
		for part, w := range responses {
			if w.Code < 400 || w.Code >= 500 {
				t.Errorf("%s %q: got status %d, want a refusal", part, text, w.Code)
			}
			if strings.Contains(w.Body.String(), mark) {
				t.Errorf("%s %q: the error repeats it: %s", part, text, w.Body)
			}
		}
	}
}

func TestTextThatLooksLikeCodeIsStoredAsText(t *testing.T) {
	a := newAPI(t)
	for _, text := range injections {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x2028 }) {
			continue
		}
		text = "x" + text + "x" // white space around a title is removed
		w := a.do("POST", "/v1/notes", `{"owner":"ada","title":`+strconv.QuoteToASCII(text)+`}`)
		wantStatus(t, w, 201)
		if got := decodeBody[NoteV1](t, w).Title; got != text {
			t.Errorf("got title %q, want %q", got, text)
		}
	}
}

// injections are strings with a meaning for databases, shells, browsers, templates or logs.
var injections = []string{
	"'; DROP TABLE notes; --", `" OR ""="`, "$(reboot)", "`id`", "| cat /etc/passwd",
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
	"{{.}}", "${jndi:ldap://x}", "%s%n%x", "../../etc/passwd", "a\r\nSet-Cookie: a=b",
	"\x00", "\x1b[31m", "\u202e", "\u2028", "{\"$ne\":null}",
}

// bodies are seeds of request bodies.
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

func FuzzCreateNoteResponses(f *testing.F) {
	for _, body := range bodies() {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a := newAPI(t)
		w := fuzzed(a, "POST", "/v1/notes", "", body, http.Header{"Content-Type": {"application/json"}})
		wantSafeResponse(t, a, w, 201)
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
		wantSafeResponse(t, a, w, 200)
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
		wantSafeResponse(t, a, w, 200)
	})
}

// fuzzed serves a request whose parts may be malformed.
func fuzzed(a *api, method, path, query string, body []byte, h http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", strings.NewReader(string(body)))
	r.URL = &url.URL{Path: path, RawQuery: query}
	r.Header = h
	return serveOnce(a.router, r)
}

// serveOnce serves a request. The client leaves after the first flush, so that a stream ends.
func serveOnce(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	ctx, leave := context.WithCancel(withRecord(r.Context()))
	defer leave()
	*r = *r.WithContext(ctx) // the router sets the pattern of this request
	w := httptest.NewRecorder()
	h.ServeHTTP(leaving{w, leave}, r)
	return w
}

type leaving struct {
	*httptest.ResponseRecorder
	leave func()
}

func (l leaving) Flush() {
	l.ResponseRecorder.Flush()
	l.leave()
}

// FuzzEveryRoute sends hostile values to each route, also to those of features.
func FuzzEveryRoute(f *testing.F) {
	for i, text := range injections {
		f.Add(byte(i), text, url.QueryEscape(text)+"="+url.QueryEscape(text), text, []byte(text))
	}
	for i, body := range bodies() {
		f.Add(byte(i), "x", "", "*", []byte(body))
	}
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	f.Fuzz(func(t *testing.T, number byte, value, query, header string, body []byte) {
		a := newAPI(t)
		a.newNote(t, 1, "ada")
		var patterns []string
		for pattern, route := range a.router.routes {
			if !route.Probe {
				patterns = append(patterns, pattern)
			}
		}
		slices.Sort(patterns)
		method, template, _ := strings.Cut(patterns[int(number)%len(patterns)], " ")
		h := http.Header{"Content-Type": {"application/json"}}
		for _, o := range operations(a) {
			for _, p := range o.Parameters {
				if p.In == "header" {
					h.Set(p.Name, header)
				}
			}
		}
		w := fuzzed(a, method, parameter.ReplaceAllLiteralString(template, value), query, body, h)
		if w.Code >= 300 {
			wantSafeResponse(t, a, w, http.StatusNotModified)
		}
	})
}

// operations returns the operations of all versions.
func operations(a *api) (all []*huma.Operation) {
	for _, v := range a.router.versions {
		for _, item := range v.api.OpenAPI().Paths {
			for _, o := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch} {
				if o != nil {
					all = append(all, o)
				}
			}
		}
	}
	return all
}

// locationsOf returns the places that an error response may name: the parameters and fields of the API.
func locationsOf(a *api) map[string]bool {
	known := map[string]bool{"": true, "body": true, "query": true, "header": true}
	for _, o := range operations(a) {
		for _, p := range o.Parameters {
			known[p.In+"."+p.Name] = true
		}
	}
	for _, v := range a.router.versions {
		for _, schema := range v.api.OpenAPI().Components.Schemas.Map() {
			for name := range schema.Properties {
				known["body."+name] = true
			}
		}
	}
	return known
}

// The words that error responses may contain, beside the names of its places.
var (
	safeMessage = regexp.MustCompile(`^(expected|must|is|contains|unexpected|invalid|required) [A-Za-z0-9*>=<+, -]{1,80}$`)
	safeDetail  = regexp.MustCompile(`^[a-z][A-Za-z0-9/, -]{1,80}$`)
)

// wantSafeResponse checks that the request succeeds, or gets a small error response in known words.
func wantSafeResponse(t *testing.T, a *api, w *httptest.ResponseRecorder, success int) {
	t.Helper()
	switch {
	case w.Code == success:
		return
	case w.Code == http.StatusTemporaryRedirect: // to the clean path
		return
	case w.Code < 400 || w.Code >= 500:
		t.Fatalf("got status %d: %s", w.Code, w.Body)
	}
	if w.Body.Len() > 4096 {
		t.Errorf("got an error response of %d bytes", w.Body.Len())
	}
	locations := locationsOf(a)
	p := decodeBody[problem.Problem](t, w)
	if p.Title != http.StatusText(w.Code) || !safeDetail.MatchString(p.Detail) {
		t.Errorf("got title %q and detail %q", p.Title, p.Detail)
	}
	for _, e := range p.Errors {
		if !locations[e.Location] || !safeMessage.MatchString(e.Message) {
			t.Errorf("got error %+v", e)
		}
	}
}
