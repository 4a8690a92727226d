package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestPrometheusIsAsked(t *testing.T) {
	const age, ratio = "timestamp(", "increase"
	const up, targets = `count(target_info{job="orders",service_version="v1.2.3"}`, `count(up{job="orders"})`
	healthy := map[string]float64{age: 0, ratio: 0.005, up: 2, targets: 2}
	for name, test := range map[string]struct {
		change     map[string]float64
		check, say string // empty when nothing fails
	}{
		"healthy":         {},
		"no target":       {change: map[string]float64{targets: 0}, check: "metrics", say: "2 of 0 targets"},
		"target down":     {change: map[string]float64{up: 1}, check: "metrics", say: "1 of 2 targets are up"},
		"not scraped":     {change: map[string]float64{age: 60}, check: "metrics", say: "not scraped yet"},
		"failed requests": {change: map[string]float64{ratio: 0.015}, check: "errors", say: "1.50 % of the requests of all clients failed"},
	} {
		t.Run(name, func(t *testing.T) {
			prometheus := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				query, value := r.FormValue("query"), 0.0
				for _, part := range []string{age, ratio, up, targets} {
					if strings.Contains(query, part) {
						value = healthy[part]
						if changed, ok := test.change[part]; ok {
							value = changed
						}
						break
					}
				}
				fmt.Fprintf(w, `{"data":{"result":[{"value":[1,"%v"]}]}}`, value)
			})
			code, out := runSmoke(t, newFakeDeployment(t).url, "-prometheus", prometheus+"/", "-selector", `job="orders"`)
			if test.check == "" {
				wantLine(t, out, "ok", "metrics", "2 targets scraped")
				wantLine(t, out, "ok", "errors", "0.50 %")
				return
			}
			if code != 1 {
				t.Errorf("got exit code %d, want 1", code)
			}
			wantLine(t, out, "FAIL", test.check, test.say)
		})
	}
}

// The pipeline rolls back when the checks of the API fail, but not when a store of metrics or logs does.
func TestChecksOfTheAPIDoNotDependOnStores(t *testing.T) {
	const nowhere = "http://127.0.0.1:1"
	f := newFakeDeployment(t)
	code, out := runSmoke(t, f.url, "-checks", "api", "-prometheus", nowhere, "-loki", nowhere)
	if code != 0 || strings.Contains(out, "logs") {
		t.Errorf("api: got exit code %d, want 0 and no check of the logs:\n%s", code, out)
	}
	wantLine(t, out, "SKIP", "errors", "the requests of other clients are not checked: query Prometheus")
	code, out = runSmoke(t, f.url, "-checks", "telemetry", "-loki", nowhere)
	if code != 1 || strings.Contains(out, "errors") {
		t.Errorf("telemetry: got exit code %d, want 1 and no watch:\n%s", code, out)
	}
	wantLine(t, out, "FAIL", "logs", "query Loki")
}

func TestLokiIsAsked(t *testing.T) {
	t.Setenv("SMOKE_LOKI_TOKEN", "secret-token")
	for response, verdict := range map[string]string{`{"values":[["1","req_1"]]}`: "ok", `{"values":[]}`: "FAIL"} {
		loki := newServer(t, func(w http.ResponseWriter, r *http.Request) {
			if got := r.FormValue("query"); got != `{app="orders"} |= "req_1"` || r.Header.Get("Authorization") != "Bearer secret-token" {
				t.Errorf("got the query %s and the headers %v", got, r.Header)
			}
			fmt.Fprint(w, response)
		})
		_, out := runSmoke(t, newFakeDeployment(t).url, "-loki", loki, "-loki-selector", `{app="orders"}`)
		wantLine(t, out, verdict, "logs", `|= "req_1"`)
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{nil, {"-url", "example.com"}, {"-url", "http://a", "b"}, {"-url", "http://a", "-checks", "logs"}, {"-verbose"}} {
		var out, errOut bytes.Buffer
		if code := run(t.Context(), args, &out, &errOut); code != 2 || errOut.Len() == 0 {
			t.Errorf("%q: got exit code %d and %q, want 2", args, code, &errOut)
		}
	}
}
