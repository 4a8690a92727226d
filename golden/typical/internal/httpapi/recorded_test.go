package httpapi

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"git.example.org/shop/orders/v2/internal/problem"
)

// The files in testdata/v1 and so on hold requests and the responses that
// clients have come to rely on. Every version of the API must go on giving
// them. What a response has on top of the recorded one is no harm.
//
// -update records responses that are missing, and additions to those that are
// there. It never changes or removes what is recorded: to break a promise
// deliberately, delete the recorded response first.
//
// The target of a request may be nextPage: cursors are opaque, clients follow
// the link of the page before.
var update = flag.Bool("update", false, "record responses in testdata/v*")

// What another commit has recorded, such as that which is released, can be
// asked for as well: this commit may have changed its own recordings.
var recordings = flag.String("recordings", "testdata", "replay the files in v* of this directory")

func TestEveryVersionKeepsWhatIsRecorded(t *testing.T) {
	versions := newAPI(t).router.versions
	recorded := make(map[string]bool) // patterns of endpoints with an answer that is no refusal
	files, err := filepath.Glob(filepath.Join(*recordings, "v*", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no recordings in v*/*.txt (%v)", *recordings, err)
	}
	for _, file := range files {
		version := filepath.Base(filepath.Dir(file))
		if versions[version] == nil {
			t.Errorf("%s: %s is recorded, but no longer declared", file, version)
			continue
		}
		t.Run(file, func(t *testing.T) { replay(t, file, recorded) })
	}
	if *recordings != "testdata" {
		return // it cannot know the routes that were added since
	}
	for pattern, e := range newAPI(t).router.endpoints {
		if e.version != nil && !recorded[pattern] {
			t.Errorf("%s: no file in testdata/%s has a request that succeeds", pattern, e.version.name)
		}
	}
}

// replay sends the requests of a file, in order, to an API without notes.
func replay(t *testing.T, file string, recorded map[string]bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	title, exchanges, err := readExchanges(string(data))
	if err != nil {
		t.Fatal(err)
	}
	a := newAPI(t)
	next := ""
	for i, x := range exchanges {
		r := httptest.NewRequest(x.request.method, strings.Replace(x.request.target, nextPage, next, 1), strings.NewReader(x.request.body))
		r.Header = x.request.header
		r = r.WithContext(withRecord(r.Context()))
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, r)

		got := message{status: w.Code, header: w.Header(), body: strings.TrimSpace(w.Body.String())}
		next = linkToNextPage(w.Header())
		if w.Code < 400 {
			recorded[r.Pattern] = true
		}
		switch {
		case x.response != nil:
			for _, b := range breaks(*x.response, got) {
				t.Errorf("%s %s: %s", x.request.method, x.request.target, b)
			}
		case !*update:
			t.Errorf("%s %s: no response is recorded; -update records it", x.request.method, x.request.target)
		}
		exchanges[i].response = &got
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(file, []byte(writeExchanges(title, exchanges)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func linkToNextPage(h http.Header) string {
	for _, link := range h["Link"] {
		if target, ok := strings.CutSuffix(link, `>; rel="next"`); ok {
			return strings.TrimPrefix(target, "<")
		}
	}
	return ""
}

// message is a request (method and target) or a response (status).
type message struct {
	method, target string
	status         int
	header         http.Header
	body           string
}

type exchange struct {
	request  message
	response *message
}

// nextPage stands for the target that the Link header of the response before
// has given.
const nextPage = "{next page}"

const (
	requestMark  = "-- request --\n"
	responseMark = "-- response --\n"
)

func readExchanges(file string) (title string, exchanges []exchange, err error) {
	title, rest, found := strings.Cut(file, requestMark)
	if !found {
		return "", nil, errors.New("no request")
	}
	for part := range strings.SplitSeq(rest, requestMark) {
		request, response, answered := strings.Cut(part, responseMark)
		var x exchange
		var first string
		if first, x.request, err = readMessage(request); err != nil {
			return "", nil, err
		}
		if x.request.method, x.request.target, found = strings.Cut(first, " "); !found {
			return "", nil, fmt.Errorf("%q is not a method and a target", first)
		}
		if answered {
			var m message
			if first, m, err = readMessage(response); err != nil {
				return "", nil, err
			}
			code, _, _ := strings.Cut(first, " ")
			if m.status, err = strconv.Atoi(code); err != nil {
				return "", nil, err
			}
			x.response = &m
		}
		exchanges = append(exchanges, x)
	}
	return strings.TrimSpace(title), exchanges, nil
}

// readMessage reads a first line, headers and, behind an empty line, a body.
func readMessage(s string) (first string, m message, err error) {
	head, body, _ := strings.Cut(s, "\n\n")
	r := textproto.NewReader(bufio.NewReader(strings.NewReader(strings.TrimSpace(head) + "\n\n")))
	if first, err = r.ReadLine(); err != nil {
		return "", message{}, err
	}
	header, err := r.ReadMIMEHeader()
	return first, message{header: http.Header(header), body: strings.TrimSpace(body)}, err
}

func writeExchanges(title string, exchanges []exchange) string {
	var b strings.Builder
	fmt.Fprintln(&b, title)
	for _, x := range exchanges {
		fmt.Fprintf(&b, "\n%s%s %s\n", requestMark, x.request.method, x.request.target)
		writeMessage(&b, x.request)
		fmt.Fprintf(&b, "\n%s%d %s\n", responseMark, x.response.status, http.StatusText(x.response.status))
		writeMessage(&b, *x.response)
	}
	return b.String()
}

func writeMessage(b *strings.Builder, m message) {
	for _, name := range slices.Sorted(maps.Keys(m.header)) {
		for _, value := range m.header[name] {
			fmt.Fprintf(b, "%s: %s\n", name, value)
		}
	}
	if m.body != "" {
		fmt.Fprintf(b, "\n%s\n", m.body)
	}
}

// breaks lists what a client of the recorded response misses in the new one.
func breaks(recorded, got message) (list []string) {
	if recorded.status != got.status {
		list = append(list, fmt.Sprintf("status %d became %d", recorded.status, got.status))
	}
	isProblem := recorded.header.Get("Content-Type") == problem.ContentType
	for name, values := range recorded.header {
		for _, value := range values {
			// The length follows the body, and a list such as Link may grow.
			if name != "Content-Length" && !slices.Contains(got.header[name], value) {
				list = append(list, fmt.Sprintf("%s %q became %q", name, value, got.header[name]))
			}
		}
	}
	var before, after any
	if json.Unmarshal([]byte(recorded.body), &before) != nil || json.Unmarshal([]byte(got.body), &after) != nil {
		if recorded.body != got.body {
			list = append(list, fmt.Sprintf("body %q became %q", recorded.body, got.body))
		}
		return list
	}
	return append(list, missing("body", before, after, isProblem)...)
}

// missing lists what before has and after has not. Objects may grow, and the
// sentences in problems are for people.
func missing(path string, before, after any, isProblem bool) (list []string) {
	switch before := before.(type) {
	case map[string]any:
		now, ok := after.(map[string]any)
		if !ok {
			return []string{path + " is no longer an object"}
		}
		for _, name := range slices.Sorted(maps.Keys(before)) {
			value, ok := now[name]
			_, isText := value.(string)
			switch {
			case !ok:
				list = append(list, path+"."+name+" is gone")
			case isProblem && isText && (name == "detail" || name == "message"):
			default:
				list = append(list, missing(path+"."+name, before[name], value, isProblem)...)
			}
		}
		return list
	case []any:
		now, ok := after.([]any)
		if !ok || len(now) != len(before) {
			return []string{fmt.Sprintf("%s is no longer a list of %d", path, len(before))}
		}
		for i := range before {
			list = append(list, missing(fmt.Sprintf("%s[%d]", path, i), before[i], now[i], isProblem)...)
		}
		return list
	}
	if !reflect.DeepEqual(before, after) {
		return []string{fmt.Sprintf("%s %v became %v", path, before, after)}
	}
	return nil
}

func TestWhatBreaksAClient(t *testing.T) {
	const id = `{"id":"1","tags":["a"],"of":{"x":1}}`
	for name, c := range map[string]struct {
		status int
		etag   string
		body   string
		breaks bool
	}{
		"nothing":        {200, "1", id, false},
		"added member":   {200, "1", `{"new":1,"id":"1","tags":["a"],"of":{"x":1,"y":2}}`, false},
		"status":         {201, "1", id, true},
		"header":         {200, "2", id, true},
		"header gone":    {200, "", id, true},
		"member gone":    {200, "1", `{"tags":["a"],"of":{"x":1}}`, true},
		"member renamed": {200, "1", `{"ID":"1","tags":["a"],"of":{"x":1}}`, true},
		"value":          {200, "1", `{"id":"2","tags":["a"],"of":{"x":1}}`, true},
		"type":           {200, "1", `{"id":1,"tags":["a"],"of":{"x":1}}`, true},
		"null":           {200, "1", `{"id":"1","tags":null,"of":{"x":1}}`, true},
		"list grown":     {200, "1", `{"id":"1","tags":["a","b"],"of":{"x":1}}`, true},
		"deep":           {200, "1", `{"id":"1","tags":["a"],"of":{}}`, true},
		"no JSON":        {200, "1", `id 1`, true},
	} {
		header := func(etag string) http.Header {
			h := http.Header{"Content-Type": {"application/json"}}
			if etag != "" {
				h.Set("ETag", etag)
			}
			return h
		}
		got := breaks(message{status: 200, header: header("1"), body: id}, message{status: c.status, header: header(c.etag), body: c.body})
		if (len(got) > 0) != c.breaks {
			t.Errorf("%s: got %q, want a break: %t", name, got, c.breaks)
		}
	}
}

func TestOnlyTheSentencesOfAProblemMayChange(t *testing.T) {
	h := http.Header{"Content-Type": {problem.ContentType}}
	before := message{status: 422, header: h, body: `{"code":"a","detail":"b","errors":[{"location":"c","message":"d"}]}`}
	for body, want := range map[string]int{
		`{"code":"a","detail":"x","errors":[{"location":"c","message":"y"}]}`: 0,
		`{"code":"x","detail":"b","errors":[{"location":"c","message":"d"}]}`: 1,
		`{"code":"a","detail":"b","errors":[{"location":"x"}]}`:               2,
	} {
		if got := breaks(before, message{status: 422, header: h, body: body}); len(got) != want {
			t.Errorf("%s: got %q, want %d", body, got, want)
		}
	}
}
