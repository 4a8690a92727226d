package httpapi

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"git.example.org/shop/orders/v2/internal/problem"
)

const validDraft = `{"owner":"ada","title":"Title","body":"Body"}`

func TestCreateNote(t *testing.T) {
	a := newAPI(t)
	w := a.do("POST", "/v1/notes", `{"owner":"ada","title":" Title ","body":"one\r\ntwo"}`)
	wantStatus(t, w, 201)
	created := decodeBody[NoteV1](t, w)
	wantHeader(t, w, "Location", "/v1/notes/"+created.ID)
	wantHeader(t, w, "ETag", `"1"`)
	wantHeader(t, w, "Content-Type", "application/json")
	if created.Title != "Title" || created.Body != "one\ntwo" || created.Owner != "ada" || created.Version != 1 {
		t.Errorf("got %+v", created)
	}
	got := decodeBody[NoteV1](t, a.do("GET", w.Header().Get("Location"), ""))
	if diff := cmp.Diff(created, got); diff != "" {
		t.Errorf("note differs (-created +read):\n%s", diff)
	}
}

func TestInvalidBodies(t *testing.T) {
	for name, c := range map[string]struct {
		body      string
		status    int
		locations string
	}{
		"unknown field":      {`{"owner":"ada","title":"t","colour":"red"}`, 422, "body"},
		"missing fields":     {`{}`, 422, "body body"},
		"empty fields":       {`{"owner":"","title":""}`, 422, "body.owner"},
		"wrong types":        {`{"owner":1,"title":[],"body":{}}`, 422, "body.body body.owner body.title"},
		"rule of the domain": {`{"owner":"a b","title":" "}`, 422, "body.owner body.title"},
		"not JSON":           {`{"owner":`, 400, "body"},
		"two documents":      {validDraft + validDraft, 400, "body"},
		"duplicate key":      {`{"owner":"ada","title":"t","title":"u"}`, 400, "body"},
		"empty":              {"", 400, ""},
	} {
		t.Run(name, func(t *testing.T) { testInvalidBody(t, c.body, c.status, c.locations) })
	}
}

// testInvalidBody expects a problem with the sorted locations, separated by spaces.
func testInvalidBody(t *testing.T, body string, status int, want string) {
	t.Helper()
	code := map[int]string{400: "bad_request", 422: "validation_failed"}[status]
	p := wantProblem(t, newAPI(t).do("POST", "/v1/notes", body), status, code)
	got := strings.Fields(locations(p))
	slices.Sort(got)
	if strings.Join(got, " ") != want {
		t.Errorf("got locations %q, want %q", got, want)
	}
}

func TestGetNote(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	w := a.do("GET", "/v1/notes/"+n.ID, "")
	wantStatus(t, w, 200)
	wantHeader(t, w, "ETag", `"1"`)
	wantHeader(t, w, "Cache-Control", "private, no-cache")
	if diff := cmp.Diff(newNoteV1(n), decodeBody[NoteV1](t, w)); diff != "" {
		t.Errorf("note differs (-want +got):\n%s", diff)
	}
}

func TestConditionalGet(t *testing.T) {
	for _, c := range []struct {
		header []string
		status int
	}{
		{[]string{"If-None-Match", `"1"`}, 304},
		{[]string{"If-None-Match", `W/"1"`}, 304},
		{[]string{"If-None-Match", `*`}, 304},
		{[]string{"If-None-Match", `"2"`}, 200},
		{[]string{"If-Match", `"1"`}, 200},
		{[]string{"If-Match", `"2"`}, 412},
	} {
		a := newAPI(t)
		w := a.do("GET", "/v1/notes/"+a.newNote(t, 1, "ada").ID, "", c.header...)
		if w.Code != c.status || (w.Body.Len() == 0) != (c.status == 304) {
			t.Errorf("%s: got status %d with %d bytes, want %d", c.header, w.Code, w.Body.Len(), c.status)
		}
	}
}

func TestConditionalWrites(t *testing.T) {
	for _, c := range []struct {
		header []string
		status int // of a successful PUT: 200
		code   string
	}{
		{nil, 428, "precondition_required"},
		{[]string{"If-Match", `1`}, 422, "validation_failed"},
		{[]string{"If-Match", `"2"`}, 412, "precondition_failed"},
		{[]string{"If-Match", `"1"`}, 200, ""},
		{[]string{"If-Match", `W/"1"`}, 200, ""},
		{[]string{"If-Match", `"0", "1"`}, 200, ""},
		{[]string{"If-Match", `*`}, 200, ""},
	} {
		t.Run(strings.Join(c.header, " "), func(t *testing.T) { testConditionalWrite(t, c.header, c.status, c.code) })
	}
}

// testConditionalWrite sends a PUT and a DELETE, each to a new note with version 1.
func testConditionalWrite(t *testing.T, header []string, status int, code string) {
	t.Helper()
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	put := a.do("PUT", "/v1/notes/"+n.ID, `{"title":"New","body":""}`, header...)
	after, err := a.store.Get(t.Context(), n.ID)
	if err != nil {
		t.Fatal(err)
	}
	b := newAPI(t)
	del := b.do("DELETE", "/v1/notes/"+b.newNote(t, 1, "ada").ID, "", header...)
	if status != 200 {
		wantProblem(t, put, status, code)
		wantProblem(t, del, status, code)
		wantStatus(t, b.do("GET", "/v1/notes/"+n.ID, ""), 200)
		if diff := cmp.Diff(n, after); diff != "" {
			t.Errorf("the note has changed (-before +after):\n%s", diff)
		}
		return
	}
	wantStatus(t, put, 200)
	wantHeader(t, put, "ETag", `"2"`)
	if diff := cmp.Diff(newNoteV1(after), decodeBody[NoteV1](t, put)); diff != "" || after.Title != "New" {
		t.Errorf("got %+v, response differs (-want +got):\n%s", after, diff)
	}
	wantStatus(t, del, 204)
	wantStatus(t, b.do("GET", "/v1/notes/"+n.ID, ""), 404)
}

func TestUpdateRequiresAllFields(t *testing.T) {
	a := newAPI(t)
	path := "/v1/notes/" + a.newNote(t, 1, "ada").ID
	for _, body := range []string{`{"title":"New"}`, `{"title":"New","body":"","owner":"eve"}`} {
		wantProblem(t, a.do("PUT", path, body, "If-Match", "*"), 422, "validation_failed")
	}
}

func TestMissingNotes(t *testing.T) {
	a := newAPI(t)
	for _, id := range []string{"note_00000000000000000000000001", "x", "%00", "..%2f..%2fetc", strings.Repeat("x", 5000)} {
		path := "/v1/notes/" + id
		wantProblem(t, a.do("GET", path, ""), 404, "not_found")
		wantProblem(t, a.do("DELETE", path, "", "If-Match", "*"), 404, "not_found")
		wantProblem(t, a.do("PUT", path, `{"title":"t","body":""}`, "If-Match", "*"), 404, "not_found")
	}
}

func TestPagesContainEachNoteOnce(t *testing.T) {
	a := newAPI(t)
	var want, got []string
	for i := 1; i <= 7; i++ {
		want = append(want, a.newNote(t, i, "a&b").ID)
		a.newNote(t, 100+i, "grace")
	}
	pages := 0
	for next := "/v1/notes?limit=3&owner=a%26b"; next != "" && pages < 4; pages++ {
		w := a.do("GET", next, "")
		wantStatus(t, w, 200)
		page := decodeBody[NotePageV1](t, w)
		for _, n := range page.Notes {
			got = append(got, n.ID)
		}
		next = nextPage(w.Header())
		if u, err := url.Parse(next); err != nil || u.Query().Get("cursor") != page.NextCursor {
			t.Errorf("got link %q and cursor %q, want the same", next, page.NextCursor)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("got %d pages, want 3; notes differ (-want +got):\n%s", pages, diff)
	}
}

func TestInvalidQueries(t *testing.T) {
	a := newAPI(t)
	for query, location := range map[string]string{
		"limit=0":         "query.limit",
		"limit=101":       "query.limit",
		"limit=x":         "query.limit",
		"limit=1&limit=2": "query.limit",
		"cursor=x":        "query.cursor",
		"owner=a%20b":     "query.owner",
		"onwer=ada":       "query",
	} {
		p := wantProblem(t, a.do("GET", "/v1/notes?"+query, ""), 422, "validation_failed")
		if got := locations(p); got != location {
			t.Errorf("%.40s: got locations %q, want %q", query, got, location)
		}
	}
}

func TestRequestHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		header []string
		status int
	}{
		"JSON":                    {[]string{"Content-Type", "application/json"}, 201},
		"JSON in Latin-1":         {[]string{"Content-Type", "application/json; charset=latin1"}, 415},
		"form":                    {[]string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		"no type":                 {[]string{"Content-Type", ""}, 415},
		"gzip":                    {[]string{"Content-Encoding", "gzip"}, 415},
		"range":                   {[]string{"Content-Range", "bytes 0-9/10"}, 400},
		"any accepted media type": {[]string{"Accept", "text/html"}, 201},
	} {
		w := newAPI(t).do("POST", "/v1/notes", validDraft, c.header...)
		if w.Code != c.status {
			t.Errorf("%s: got status %d, want %d", name, w.Code, c.status)
		}
		if c.status == http.StatusUnsupportedMediaType {
			wantProblem(t, w, 415, "unsupported_media_type")
			wantHeader(t, w, "Accept", "application/json")
			wantHeader(t, w, "Accept-Encoding", "identity")
		}
	}
}

// FuzzCreateNote sends arbitrary bodies: each is accepted or refused, and never a server error.
// make fuzz runs it.
func FuzzCreateNote(f *testing.F) {
	for _, body := range []string{
		validDraft, "", "null", "[]", "{", "\xff\xfe", `{"owner":"ada","title":"a","title":"b"}`,
		`{"owner":{"a":null},"title":["a"],"body":1e999}`, `{"owner":"ada","title":"\ud800\u0000"}`,
		strings.Repeat("[", 1000), "[" + strings.Repeat("{},", 2000) + "{}]",
	} {
		f.Add([]byte(body), "application/json")
	}
	f.Fuzz(func(t *testing.T, body []byte, mediaType string) {
		r := httptest.NewRequest(http.MethodPost, "/v1/notes", strings.NewReader(string(body)))
		r.Header["Content-Type"] = []string{mediaType}
		w := httptest.NewRecorder()
		newAPI(t).router.ServeHTTP(w, r.WithContext(withRecord(r.Context())))
		switch {
		case w.Code == http.StatusCreated:
			decodeBody[NoteV1](t, w)
		case w.Code >= 400 && w.Code < 500 && w.Body.Len() <= 4096:
			decodeBody[problem.Problem](t, w)
		default:
			t.Errorf("got status %d with %d bytes, want 201 or a small client error", w.Code, w.Body.Len())
		}
	})
}
