package main

import (
	"fmt"
	"net/http"
	"testing"
)

func TestTracesAreLookedUp(t *testing.T) {
	for name, test := range map[string]struct{ response, verdict, say string }{
		"Tempo":     {`{"batches":[{"scopeSpans":[{"spans":[{"name":"GET /v1/notes"}]}]}]}`, "ok", "found"},
		"Jaeger":    {`{"data":[{"spans":[{"operationName":"GET /v1/notes"}]}]}`, "ok", "found"},
		"no span":   {`{"batches":[]}`, "FAIL", "none of 1 traces"},
		"no server": {"", "FAIL", "got 404"},
	} {
		t.Run(name, func(t *testing.T) {
			traces := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/traces/0af7651916cd43dd8448eb211c80319c" || test.response == "" {
					http.NotFound(w, r)
					return
				}
				fmt.Fprint(w, test.response)
			})
			_, out := runSmoke(t, newFakeDeployment(t).url, "-traces", traces)
			wantLine(t, out, test.verdict, "traces", test.say)
		})
	}
	_, out := runSmoke(t, newFakeDeployment(t).url)
	wantLine(t, out, "SKIP", "traces", "/v1/notes")
}
