package main

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"
)

// traceOf returns the trace that a request belongs to, if its sender has begun one.
func traceOf(r *http.Request) string {
	parts := strings.Split(r.Header.Get("traceparent"), "-")
	if len(parts) != 4 {
		return ""
	}
	return parts[1]
}

func TestTheTraceIsLookedForInItsStore(t *testing.T) {
	for name, test := range map[string]struct {
		serve func(w http.ResponseWriter, id string)
		say   string // of the failure
	}{
		"found by Tempo": {serve: func(w http.ResponseWriter, _ string) {
			fmt.Fprint(w, `{"batches":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"billing-api"}}]}}]}`)
		}},
		"found by Jaeger": {serve: func(w http.ResponseWriter, id string) {
			fmt.Fprintf(w, `{"data":[{"traceID":%q,"processes":{"p1":{"serviceName":"billing-api"}}}]}`, id)
		}},
		"not there": {serve: func(w http.ResponseWriter, _ string) { http.Error(w, "trace not found", http.StatusNotFound) }, say: "answers 404"},
		"of another service": {serve: func(w http.ResponseWriter, _ string) {
			fmt.Fprint(w, `{"batches":[]}`)
		}, say: "no span of billing-api"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			var sent, asked string
			f.fail = func(r *http.Request) bool {
				if id := traceOf(r); id != "" {
					sent = id
				}
				return false
			}
			traces := newStore(t, func(w http.ResponseWriter, r *http.Request) {
				asked = path.Base(r.URL.Path)
				test.serve(w, asked)
			})
			code, out := f.smoke(t, nil, "-unattended", "-traces", traces)
			if len(sent) != 32 || asked != sent {
				t.Errorf("asked for the trace %q, sent %q", asked, sent)
			}
			if test.say == "" {
				if code != passed {
					t.Errorf("got exit code %d, want %d", code, passed)
				}
				wantLine(t, out, "ok", "traces", sent)
				return
			}
			if code != failed {
				t.Errorf("got exit code %d, want %d", code, failed)
			}
			wantLine(t, out, "FAIL", "traces", test.say)
		})
	}
}

func TestWithoutATraceStoreAPersonLooks(t *testing.T) {
	code, out := newFake(t).smoke(t, nil)
	if code != unlooked {
		t.Errorf("got exit code %d, want %d", code, unlooked)
	}
	wantLine(t, out, "LOOK", "traces", "look in the trace store for")
}
