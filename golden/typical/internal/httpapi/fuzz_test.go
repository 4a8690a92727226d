package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"git.example.org/shop/orders/v2/internal/problem"
)

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
