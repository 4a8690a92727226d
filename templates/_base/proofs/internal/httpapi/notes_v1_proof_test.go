package httpapi

import (
	"encoding/base64"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"example.com/acme/sample-service/internal/note"
)

func TestCreateAcceptsTheLongestValues(t *testing.T) {
	title, body := "   "+strings.Repeat("漢", note.MaxTitle)+"   ", strings.Repeat("漢", note.MaxBody)
	wantStatus(t, newAPI(t).do("POST", "/v1/notes", `{"owner":"ada","title":"`+title+`","body":"`+body+`"}`), 201)
}

func TestANullBodyIsAnEmptyOne(t *testing.T) {
	a := newAPI(t)
	w := a.do("POST", "/v1/notes", `{"owner":"ada","title":"Title","body":null}`)
	wantStatus(t, w, 201)
	w = a.do("PUT", w.Header().Get("Location"), `{"title":"Title","body":null}`, "If-Match", "*")
	wantStatus(t, w, 200)
	if got := decodeBody[NoteV1](t, w).Body; got != "" {
		t.Errorf("got body %q, want none", got)
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
		"owner of a listing": {listNotesV1Input{}, "Owner", "maxLength", note.MaxOwner},
		"limit of a listing": {listNotesV1Input{}, "Limit", "maximum", note.MaxLimit},
	} {
		f, _ := reflect.TypeOf(c.of).FieldByName(c.field)
		if got := f.Tag.Get(c.tag); got != strconv.Itoa(c.want) {
			t.Errorf("%s: got %s %q, want %d", name, c.tag, got, c.want)
		}
	}
}

func TestInvalidCursors(t *testing.T) {
	good := encodeCursor(note.NewID())
	for _, cursor := range []string{
		"", "!", good[:len(good)-1], good + "A", good + "=", good + "\n",
		base64.RawURLEncoding.EncodeToString([]byte("' OR 1=1 --")),
		base64.RawURLEncoding.EncodeToString([]byte("user_00000000000000000000000001")),
	} {
		if id, ok := decodeCursor(cursor); ok {
			t.Errorf("%q was read as %q", cursor, id)
		}
	}
}

func TestInvalidBodiesOfEveryForm(t *testing.T) {
	for name, c := range map[string]struct {
		body      string
		status    int
		locations string
	}{
		"other case":        {`{"owner":"ada","title":"t","Title":"u"}`, 422, "body"},
		"read-only field":   {`{"owner":"ada","title":"t","id":"note_1"}`, 422, "body"},
		"null":              {`{"owner":null,"title":"t"}`, 422, "body.owner"},
		"line separator":    {`{"owner":"ada","title":"t\u2028u"}`, 422, "body.title"},
		"array":             {`[]`, 422, "body"},
		"escaped duplicate": {`{"owner":"ada","title":"t","\u0074itle":"u"}`, 400, "body"},
		"half a surrogate":  {`{"owner":"ada","title":"\ud800"}`, 400, "body"},
		"number too large":  {`{"owner":"ada","title":1e400}`, 400, "body"},
		"not UTF-8":         {"{\"owner\":\"ada\",\"title\":\"\xff\"}", 400, "body"},
		"too deep":          {strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), 400, "body"},
		"too many values":   {"[" + strings.Repeat("1,", 100_000) + "1]", 400, "body"},
		"only space":        {" ", 400, "body"},
	} {
		t.Run(name, func(t *testing.T) { testInvalidBody(t, c.body, c.status, c.locations) })
	}
}

func TestConditionalGetWithSeveralTags(t *testing.T) {
	for _, c := range []struct {
		header []string
		status int
	}{
		{[]string{"If-None-Match", `"7", W/"1"`}, 304},
		{[]string{"If-None-Match", `"7"`, "If-None-Match", `"1"`}, 304},
		{[]string{"If-None-Match", `1`}, 200},
		{[]string{"If-Match", `2`}, 422},
		{[]string{"If-Match", `"1"`, "If-None-Match", `"1"`}, 304},
	} {
		a := newAPI(t)
		w := a.do("GET", "/v1/notes/"+a.newNote(t, 1, "ada").ID, "", c.header...)
		if w.Code != c.status || (w.Body.Len() == 0) != (c.status == 304) {
			t.Errorf("%s: got status %d with %d bytes, want %d", c.header, w.Code, w.Body.Len(), c.status)
		}
	}
}

func TestConditionalWritesWithSeveralTags(t *testing.T) {
	for _, c := range []struct {
		header []string
		status int // of a successful PUT: 200
		code   string
	}{
		{[]string{"If-None-Match", `"2"`}, 428, "precondition_required"},
		{[]string{"If-Match", `"1"`, "If-None-Match", `"1"`}, 412, "precondition_failed"},
		{[]string{"If-Match", `*`, "If-None-Match", `*`}, 412, "precondition_failed"},
		{[]string{"If-Match", `"1"`, "If-None-Match", `"2"`}, 200, ""},
		{[]string{"If-Match", `"0"`, "If-Match", `"1"`}, 200, ""},
		{[]string{"If-Match", `, "1",`}, 200, ""},
	} {
		t.Run(strings.Join(c.header, " "), func(t *testing.T) { testConditionalWrite(t, c.header, c.status, c.code) })
	}
}

func TestInvalidQueriesOfEveryForm(t *testing.T) {
	a := newAPI(t)
	for query, location := range map[string]string{
		"limit=99999999999999999999":           "query.limit",
		"limit=":                               "query.limit",
		"limit":                                "query.limit",
		"cursor=" + strings.Repeat("A", 10000): "query.cursor",
		"owner=" + strings.Repeat("a", 129):    "query.owner",
		"owner=":                               "query.owner",
		"owner":                                "query.owner",
		"owner=%zz":                            "query",
		"owner=a;limit=1":                      "query",
	} {
		p := wantProblem(t, a.do("GET", "/v1/notes?"+query, ""), 422, "validation_failed")
		if got := locations(p); got != location {
			t.Errorf("%.40s: got locations %q, want %q", query, got, location)
		}
	}
}

func TestRareRequestHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		header []string
		status int
	}{
		"JSON in UTF-8":    {[]string{"Content-Type", "Application/JSON;charset=UTF-8"}, 201},
		"problem":          {[]string{"Content-Type", "application/problem+json"}, 415},
		"malformed":        {[]string{"Content-Type", "json"}, 415},
		"two types":        {[]string{"Content-Type", "application/json", "Content-Type", "application/json"}, 415},
		"identity":         {[]string{"Content-Encoding", "identity"}, 201},
		"unknown encoding": {[]string{"Content-Encoding", "bogus"}, 415},
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

func TestCursorRoundTrip(t *testing.T) {
	want := note.NewID()
	if id, ok := decodeCursor(encodeCursor(want)); !ok || id != want {
		t.Errorf("got %q, %t, want %q", id, ok, want)
	}
}
