package httpapi

import (
	"bufio"
	"encoding/json"
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
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/problem"
)

// The files in testdata/v1 and so on hold requests and the responses on which clients rely. A
// response may gain headers and JSON members; any other difference breaks clients.
//
// -update records missing responses and additions. It never removes what is recorded: to break a
// promise on purpose, delete the recorded response first.
var update = flag.Bool("update", false, "record responses in testdata/v*")

// make compatibility replays the recordings of the base branch, because a change can also alter its own.
var recordings = flag.String("recordings", "testdata", "replay the files in v* of this directory")

const (
	requestMark  = "-- request --\n"
	responseMark = "-- response --\n"
	// nextPageMark stands for the next page in the target of a request: clients follow links,
	// because cursors are opaque.
	nextPageMark = "{next page}"
)

func TestEveryVersionKeepsWhatIsRecorded(t *testing.T) {
	router := newAPI(t).router
	succeeded := make(map[string]bool) // by pattern
	files, err := filepath.Glob(filepath.Join(*recordings, "v*", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no recordings in v*/*.txt (%v)", *recordings, err)
	}
	for _, file := range files {
		if version := filepath.Base(filepath.Dir(file)); router.versions[version] == nil {
			t.Errorf("%s: version %s no longer exists", file, version)
			continue
		}
		t.Run(file, func(t *testing.T) { replay(t, file, succeeded) })
	}
	for pattern, route := range router.routes {
		if !route.Probe && !route.Stream && !succeeded[pattern] && *recordings == "testdata" {
			t.Errorf("%s: testdata/%s has no successful request for this route", pattern, route.APIVersion)
		}
	}
}

// replay sends the requests of a file in order, to an API without notes.
func replay(t *testing.T, file string, succeeded map[string]bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	title, rest, _ := strings.Cut(string(data), requestMark)
	replayed := strings.TrimSpace(title) + "\n"
	a, next, version := newAPI(t), "", filepath.Base(filepath.Dir(file))
	for part := range strings.SplitSeq(rest, requestMark) {
		recordedRequest, recordedResponse, isRecorded := strings.Cut(part, responseMark)
		request, recorded := parseMessage(t, recordedRequest), parseMessage(t, recordedResponse)
		method, target, _ := strings.Cut(request.first, " ")
		r := httptest.NewRequest(method, strings.Replace(target, nextPageMark, next, 1), strings.NewReader(request.body))
		r.Header = request.header
		r = r.WithContext(withRecord(r.Context()))
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, r)
		// The length follows from the body, and the dates of a deprecation may change.
		w.Header().Del("Content-Length")
		for name, values := range a.router.versions[version].usage.headers {
			kept := slices.DeleteFunc(slices.Clone(w.Header()[name]), func(v string) bool { return slices.Contains(values, v) })
			w.Header()[name] = kept
			if len(kept) == 0 {
				w.Header().Del(name)
			}
		}

		first := fmt.Sprintf("%d %s", w.Code, http.StatusText(w.Code))
		got := message{first: first, header: w.Header(), body: strings.TrimSpace(w.Body.String())}
		next = nextPage(w.Header())
		if w.Code < 400 {
			succeeded[r.Pattern] = true
		}
		if !isRecorded && !*update {
			t.Errorf("%s: no response is recorded; -update records it", request.first)
		}
		for _, b := range breaks(recorded, got) {
			if isRecorded {
				t.Errorf("%s: %s", request.first, b)
			}
		}
		replayed += "\n" + requestMark + request.String() + "\n" + responseMark + got.String()
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(file, []byte(replayed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func nextPage(h http.Header) string {
	for _, link := range h["Link"] {
		if target, ok := strings.CutSuffix(link, `>; rel="next"`); ok {
			return strings.TrimPrefix(target, "<")
		}
	}
	return ""
}

// message is a request or a response: method and target, or status; headers; and after an empty
// line, the body.
type message struct {
	first  string
	header http.Header
	body   string
}

func parseMessage(t *testing.T, s string) message {
	t.Helper()
	head, body, _ := strings.Cut(s, "\n\n")
	first, fields, _ := strings.Cut(strings.TrimSpace(head), "\n")
	header, err := textproto.NewReader(bufio.NewReader(strings.NewReader(fields + "\n\n"))).ReadMIMEHeader()
	if err != nil {
		t.Fatalf("%s: %v", first, err)
	}
	return message{first: first, header: http.Header(header), body: strings.TrimSpace(body)}
}

func (m message) String() string {
	s := m.first + "\n"
	for _, name := range slices.Sorted(maps.Keys(m.header)) {
		for _, value := range m.header[name] {
			s += name + ": " + value + "\n"
		}
	}
	if m.body != "" {
		s += "\n" + m.body + "\n"
	}
	return s
}

// breaks lists what a client of the recorded response misses in the new one.
func breaks(recorded, got message) (list []string) {
	if recorded.first != got.first {
		list = append(list, fmt.Sprintf("status %s became %s", recorded.first, got.first))
	}
	for name, values := range recorded.header {
		for _, value := range values {
			if !slices.Contains(got.header[name], value) {
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
	isProblem := recorded.header.Get("Content-Type") == problem.ContentType
	return append(list, missing("body", before, after, isProblem)...)
}

// missing lists what before has and after has not. Objects may gain members, and the sentences of
// problems may change.
func missing(path string, before, after any, isProblem bool) (list []string) {
	switch before := before.(type) {
	case map[string]any:
		now, _ := after.(map[string]any)
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
	case []any:
		now, ok := after.([]any)
		if !ok || len(now) != len(before) {
			return []string{fmt.Sprintf("%s is no longer a list of %d", path, len(before))}
		}
		for i := range before {
			list = append(list, missing(fmt.Sprintf("%s[%d]", path, i), before[i], now[i], isProblem)...)
		}
	default:
		if !reflect.DeepEqual(before, after) {
			list = append(list, fmt.Sprintf("%s %v became %v", path, before, after))
		}
	}
	return list
}
