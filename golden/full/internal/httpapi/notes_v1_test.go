package httpapi

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/problem"
)

const validDraft = `{"owner":"ada","title":"Title","body":"Body"}`

func TestCreateNote(t *testing.T) {
	a := newAPI(t)
	w := a.do("POST", "/v1/notes", `{"owner":"ada","title":" Title ","body":"one\r\ntwo"}`)
	wantStatus(t, w, 201)
	created := decode[NoteV1](t, w)
	wantHeader(t, w, "Location", "/v1/notes/"+created.ID)
	wantHeader(t, w, "ETag", `"1"`)
	wantHeader(t, w, "Content-Type", "application/json")
	if created.Title != "Title" || created.Body != "one\ntwo" || created.Owner != "ada" || created.Version != 1 {
		t.Errorf("got %+v", created)
	}
	got := decode[NoteV1](t, a.do("GET", w.Header().Get("Location"), ""))
	if diff := cmp.Diff(created, got); diff != "" {
		t.Errorf("note differs (-created +read):\n%s", diff)
	}
}

func TestAnInvalidBodyIsRefusedWithItsFields(t *testing.T) {
	for name, c := range map[string]struct {
		body      string
		status    int
		locations string
	}{
		"unknown field":        {`{"owner":"ada","title":"t","colour":"red"}`, 422, "body"},
		"other case":           {`{"owner":"ada","title":"t","Title":"u"}`, 422, "body"},
		"field of the service": {`{"owner":"ada","title":"t","id":"note_1"}`, 422, "body"},
		"missing fields":       {`{}`, 422, "body body"},
		"empty fields":         {`{"owner":"","title":""}`, 422, "body.owner body.title"},
		"wrong types":          {`{"owner":1,"title":[],"body":{}}`, 422, "body.body body.owner body.title"},
		"null":                 {`{"owner":null,"title":"t"}`, 422, "body.owner"},
		"rule of the domain":   {`{"owner":"a b","title":" "}`, 422, "body.owner body.title"},
		"control character":    {`{"owner":"ada","title":"t","body":"\u0000"}`, 422, "body.body"},
		"array":                {`[]`, 422, "body"},
		"string":               {`"x"`, 422, "body"},
		"not JSON":             {`{"owner":`, 400, "body"},
		"two documents":        {validDraft + validDraft, 400, "body"},
		"not UTF-8":            {"{\"owner\":\"ada\",\"title\":\"\xff\"}", 400, "body"},
		"too deep":             {strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), 400, "body"},
		"deeper than a stack":  {strings.Repeat(`[`, 1_000_000), 400, "body"},
		"too many values":      {"[" + strings.Repeat("1,", 100_000) + "1]", 400, "body"},
		"only space":           {" ", 400, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			code := map[int]string{400: problem.CodeBadRequest, 422: problem.CodeValidationFailed}[c.status]
			w := newAPI(t).do("POST", "/v1/notes", c.body)
			p := wantProblem(t, w, c.status, code)
			got := strings.Fields(locations(p))
			slices.Sort(got)
			if strings.Join(got, " ") != c.locations {
				t.Errorf("got locations %q, want %q", got, c.locations)
			}
		})
	}
}

func TestABodyIsRequired(t *testing.T) {
	wantProblem(t, newAPI(t).do("POST", "/v1/notes", ""), 400, problem.CodeBadRequest)
}

func TestOnlyJSONIsRead(t *testing.T) {
	a := newAPI(t)
	for contentType, status := range map[string]int{
		"application/json":                  201,
		"application/json; charset=utf-8":   201,
		"Application/JSON;charset=UTF-8":    201,
		"application/json; charset=latin1":  415,
		"application/x-www-form-urlencoded": 415,
		"text/plain":                        415,
		"application/problem+json":          415,
		"json":                              415,
		"":                                  415,
		"application/json; =":               415,
	} {
		w := a.do("POST", "/v1/notes", validDraft, "Content-Type", contentType)
		if w.Code != status {
			t.Errorf("%q: got status %d, want %d", contentType, w.Code, status)
		}
		if status == 415 {
			wantProblem(t, w, 415, problem.CodeUnsupportedMediaType)
		}
	}
}

func TestJSONIsAnsweredWhateverIsAccepted(t *testing.T) {
	a := newAPI(t)
	for _, accept := range []string{"", "*/*", "text/html", "application/problem+json", "json", "a/b;q=x,,"} {
		wantHeader(t, a.do("GET", "/v1/notes", "", "Accept", accept), "Content-Type", "application/json")
		wantHeader(t, a.do("GET", "/v1/notes/x", "", "Accept", accept), "Content-Type", "application/problem+json")
	}
}

func TestGetNote(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	w := a.do("GET", "/v1/notes/"+n.ID, "")
	wantStatus(t, w, 200)
	wantHeader(t, w, "ETag", `"1"`)
	wantHeader(t, w, "Cache-Control", "private, no-cache")
	if diff := cmp.Diff(newNoteV1(n), decode[NoteV1](t, w)); diff != "" {
		t.Errorf("note differs (-want +got):\n%s", diff)
	}
}

func TestANoteThatTheClientHasIsNotSentAgain(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	for header, status := range map[string]int{
		`"1"`: 304, `W/"1"`: 304, `"7", W/"1"`: 304, `*`: 304,
		`"2"`: 200, `1`: 200, `"`: 200,
	} {
		w := a.do("GET", "/v1/notes/"+n.ID, "", "If-None-Match", header)
		if w.Code != status || (w.Body.Len() == 0) != (status == 304) {
			t.Errorf("%s: got status %d with %d bytes, want %d", header, w.Code, w.Body.Len(), status)
		}
		wantHeader(t, w, "ETag", `"1"`)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	a := newAPI(t)
	for _, id := range []string{"note_00000000000000000000000001", "x", "%00", "..%2f..%2fetc", "note_'%20OR%201=1", strings.Repeat("x", 5000)} {
		wantProblem(t, a.do("GET", "/v1/notes/"+id, ""), 404, problem.CodeNotFound)
		wantProblem(t, a.do("DELETE", "/v1/notes/"+id, "", "If-Match", "*"), 404, problem.CodeNotFound)
		wantProblem(t, a.do("PUT", "/v1/notes/"+id, `{"title":"t","body":""}`, "If-Match", "*"), 404, problem.CodeNotFound)
	}
}

func TestPagingShowsEachNoteOnce(t *testing.T) {
	a := newAPI(t)
	var want, got []string
	for i := 1; i <= 7; i++ {
		want = append(want, a.newNote(t, i, "a&b").ID)
		a.newNote(t, 100+i, "grace")
	}
	next := "/v1/notes?limit=3&owner=a%26b"
	for pages := 0; next != ""; pages++ {
		if pages == 3 {
			t.Fatal("more than three pages")
		}
		w := a.do("GET", next, "")
		wantStatus(t, w, 200)
		page := decode[NotePageV1](t, w)
		for _, n := range page.Notes {
			got = append(got, n.ID)
		}
		next = linkToNextPage(w.Header())
		u, err := url.Parse(next)
		if err != nil || u.Query().Get("cursor") != page.NextCursor {
			t.Errorf("got link %q and cursor %q, want the same", next, page.NextCursor)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notes differ (-want +got):\n%s", diff)
	}
}

func TestAnInvalidQueryIsRefused(t *testing.T) {
	a := newAPI(t)
	for query, location := range map[string]string{
		"limit=0":                              "query.limit",
		"limit=101":                            "query.limit",
		"limit=x":                              "query.limit",
		"limit=99999999999999999999":           "query.limit",
		"cursor=x":                             "query.cursor",
		"cursor=" + strings.Repeat("A", 10000): "query.cursor",
		"owner=" + strings.Repeat("a", 129):    "query.owner",
		"owner=a%20b":                          "query.owner",
		"owner=%00":                            "query.owner",
		"onwer=ada":                            "query",
		"ECHO":                                 "query",
		"limit=1&limit=2":                      "query.limit",
		"owner=%zz":                            "query",
		"owner=a;limit=1":                      "query",
	} {
		p := wantProblem(t, a.do("GET", "/v1/notes?"+query, ""), 422, problem.CodeValidationFailed)
		if got := locations(p); got != location {
			t.Errorf("%.40s: got locations %q, want %q", query, got, location)
		}
	}
}

func TestUpdateNeedsTheVersionItWasMadeFrom(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		status int
		code   string
	}{
		"none":      {"", 428, problem.CodePreconditionRequired},
		"malformed": {"1", 422, problem.CodeValidationFailed},
		"another":   {`"2"`, 412, problem.CodePreconditionFailed},
		"exact":     {`"1"`, 200, ""},
		"weak":      {`W/"1"`, 200, ""},
		"list":      {`"0", "1"`, 200, ""},
		"any":       {`*`, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t)
			n := a.newNote(t, 1, "ada")
			w := a.do("PUT", "/v1/notes/"+n.ID, `{"title":"New","body":""}`, "If-Match", c.header)
			after, err := a.store.Get(t.Context(), n.ID)
			if err != nil {
				t.Fatal(err)
			}
			if c.status != 200 {
				wantProblem(t, w, c.status, c.code)
				if diff := cmp.Diff(n, after); diff != "" {
					t.Errorf("the note has changed (-before +after):\n%s", diff)
				}
				return
			}
			wantStatus(t, w, 200)
			wantHeader(t, w, "ETag", `"2"`)
			if diff := cmp.Diff(newNoteV1(after), decode[NoteV1](t, w)); diff != "" || after.Title != "New" || after.Owner != "ada" {
				t.Errorf("got %+v, and it differs from the answer by (-want +got):\n%s", after, diff)
			}
		})
	}
}

func TestAnUpdateCannotLeaveTheBodyOut(t *testing.T) {
	a := newAPI(t)
	n := a.newNote(t, 1, "ada")
	wantProblem(t, a.do("PUT", "/v1/notes/"+n.ID, `{"title":"New"}`, "If-Match", "*"), 422, problem.CodeValidationFailed)
	wantProblem(t, a.do("PUT", "/v1/notes/"+n.ID, `{"title":"New","body":"","owner":"eve"}`, "If-Match", "*"), 422, problem.CodeValidationFailed)
}

func TestDeleteNeedsTheVersionThatMayGo(t *testing.T) {
	for header, status := range map[string]int{"": 428, "1": 422, `"2"`: 412, `"1"`: 204, `W/"1"`: 204, `*`: 204} {
		a := newAPI(t)
		n := a.newNote(t, 1, "ada")
		w := a.do("DELETE", "/v1/notes/"+n.ID, "", "If-Match", header)
		if w.Code != status || status == 204 && w.Body.Len() > 0 {
			t.Errorf("%q: got status %d with %d bytes, want %d", header, w.Code, w.Body.Len(), status)
		}
		want := http.StatusOK
		if status == 204 {
			want = http.StatusNotFound
		}
		wantStatus(t, a.do("GET", "/v1/notes/"+n.ID, ""), want)
	}
}

func TestTheSchemaHasTheLimitsOfTheDomain(t *testing.T) {
	for name, c := range map[string]struct {
		of    any
		field string
		tag   string
		want  int
	}{
		"owner of a draft":   {NoteDraftV1{}, "Owner", "maxLength", note.MaxOwner},
		"title of a draft":   {NoteDraftV1{}, "Title", "maxLength", note.MaxTitle},
		"body of a draft":    {NoteDraftV1{}, "Body", "maxLength", note.MaxBody},
		"title of a change":  {NoteChangeV1{}, "Title", "maxLength", note.MaxTitle},
		"body of a change":   {NoteChangeV1{}, "Body", "maxLength", note.MaxBody},
		"owner of a listing": {listNotesV1Input{}, "Owner", "maxLength", note.MaxOwner},
		"limit of a listing": {listNotesV1Input{}, "Limit", "maximum", note.MaxPage},
	} {
		f, _ := reflect.TypeOf(c.of).FieldByName(c.field)
		if got := f.Tag.Get(c.tag); got != strconv.Itoa(c.want) {
			t.Errorf("%s: got %s %q, want %d", name, c.tag, got, c.want)
		}
	}
}

// What a caller writes must not come back in an error: not from a field, a
// name of a field, a path, a query or a header.
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

// What is text is kept as text, and comes back as it was.
func TestTextThatLooksLikeCodeIsOnlyText(t *testing.T) {
	a := newAPI(t)
	for _, text := range injections {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			continue
		}
		text = "x" + text + "x" // white space around a title is not kept
		w := a.do("POST", "/v1/notes", `{"owner":"ada","title":`+strconv.QuoteToASCII(text)+`}`)
		wantStatus(t, w, 201)
		if got := decode[NoteV1](t, w).Title; got != text {
			t.Errorf("got title %q, want %q", got, text)
		}
		if strings.Contains(w.Body.String(), "<") {
			t.Errorf("got %s, want no markup in the bytes", w.Body)
		}
	}
}

// injections are strings that mean something to a database, a shell, a
// browser, a template or a log.
var injections = []string{
	"'; DROP TABLE notes; --", `" OR ""="`, "$(reboot)", "`id`", "| cat /etc/passwd",
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
	"{{.}}", "${jndi:ldap://x}", "%s%n%x", "../../etc/passwd", "a\r\nSet-Cookie: a=b",
	"\x00", "\x1b[31m", "\u202e", "\u2028", "{\"$ne\":null}",
}
