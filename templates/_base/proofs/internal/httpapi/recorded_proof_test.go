package httpapi

import (
	"net/http"
	"testing"

	"example.com/acme/sample-service/internal/problem"
)

func TestChangesThatBreakClientsAreFound(t *testing.T) {
	const body = `{"id":"1","tags":["a"],"of":{"x":1}}`
	for name, c := range map[string]struct {
		status string
		etag   string
		body   string
		breaks bool
	}{
		"nothing":        {"200 OK", "1", body, false},
		"added member":   {"200 OK", "1", `{"new":1,"id":"1","tags":["a"],"of":{"x":1,"y":2}}`, false},
		"status":         {"201 Created", "1", body, true},
		"header":         {"200 OK", "2", body, true},
		"header gone":    {"200 OK", "", body, true},
		"member gone":    {"200 OK", "1", `{"tags":["a"],"of":{"x":1}}`, true},
		"member renamed": {"200 OK", "1", `{"ID":"1","tags":["a"],"of":{"x":1}}`, true},
		"value":          {"200 OK", "1", `{"id":"2","tags":["a"],"of":{"x":1}}`, true},
		"type":           {"200 OK", "1", `{"id":1,"tags":["a"],"of":{"x":1}}`, true},
		"null":           {"200 OK", "1", `{"id":"1","tags":null,"of":{"x":1}}`, true},
		"list grown":     {"200 OK", "1", `{"id":"1","tags":["a","b"],"of":{"x":1}}`, true},
		"deep":           {"200 OK", "1", `{"id":"1","tags":["a"],"of":{}}`, true},
		"no object":      {"200 OK", "1", `{"id":"1","tags":["a"],"of":1}`, true},
		"not JSON":       {"200 OK", "1", `id 1`, true},
	} {
		header := func(etag string) http.Header {
			h := http.Header{"Content-Type": {"application/json"}}
			if etag != "" {
				h.Set("ETag", etag)
			}
			return h
		}
		before := message{first: "200 OK", header: header("1"), body: body}
		got := breaks(before, message{first: c.status, header: header(c.etag), body: c.body})
		if (len(got) > 0) != c.breaks {
			t.Errorf("%s: got %q, want a break: %t", name, got, c.breaks)
		}
	}
}

func TestOnlyTheSentencesOfAProblemMayChange(t *testing.T) {
	h := http.Header{"Content-Type": {problem.ContentType}}
	const first = "422 Unprocessable Entity"
	before := message{first: first, header: h, body: `{"code":"a","detail":"b","errors":[{"location":"c","message":"d"}]}`}
	for body, want := range map[string]int{
		`{"code":"a","detail":"x","errors":[{"location":"c","message":"y"}]}`: 0,
		`{"code":"x","detail":"b","errors":[{"location":"c","message":"d"}]}`: 1,
		`{"code":"a","detail":"b","errors":[{"location":"x"}]}`:               2,
	} {
		if got := breaks(before, message{first: first, header: h, body: body}); len(got) != want {
			t.Errorf("%s: got %q, want %d", body, got, want)
		}
	}
}
