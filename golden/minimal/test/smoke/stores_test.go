package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// series are what an expression may contain, and the value that it has then. The first that fits counts; an expression
// that fits none has no series.
type series []struct {
	part  string
	value float64
}

// newPrometheus answers instant queries as Prometheus does.
func newPrometheus(t *testing.T, all series) string {
	t.Helper()
	return newStore(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/query" {
			http.NotFound(w, r)
			return
		}
		for _, s := range all {
			if strings.Contains(r.FormValue("query"), s.part) {
				fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"%v"]}]}}`, s.value)
				return
			}
		}
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	})
}

func newStore(t *testing.T, serve http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	return server.URL
}

func TestMetricsAreLookedForInPrometheus(t *testing.T) {
	const stamp, now, down, build = "timestamp(", "vector(time())", " == 0)", `count(target_info{job="orders",service_version="v1.2.3"})`
	const targets, errors, requests = `count(up{job="orders"})`, `"5.."`, "increase"
	for name, test := range map[string]struct {
		series     series
		check, say string // what fails; nothing by default
	}{
		"all is well": {
			series: series{{stamp, 101}, {now, 100}, {build, 2}, {errors, 1}, {requests, 200}, {targets, 2}},
		},
		"no target": {
			series: series{{now, 100}},
			check:  "metrics", say: `no target of Prometheus is up{job="orders"}`,
		},
		"one is down": {
			series: series{{stamp, 101}, {now, 100}, {down, 1}, {build, 2}, {targets, 2}},
			check:  "metrics", say: "1 of 2 targets are down",
		},
		"one is of another version": {
			series: series{{stamp, 101}, {now, 100}, {build, 1}, {targets, 2}},
			check:  "metrics", say: "1 of 2 targets are target_info",
		},
		"not scraped since": {
			series: series{{stamp, 99}, {now, 100}, {build, 2}, {targets, 2}},
			check:  "metrics", say: "not scraped since",
		},
		"requests are not counted": {
			series: series{{now, 100}, {build, 2}, {targets, 2}},
			check:  "metrics", say: "not scraped since",
		},
		"more than one in a hundred fails": {
			series: series{{stamp, 101}, {now, 100}, {build, 2}, {errors, 3}, {requests, 200}, {targets, 2}},
			check:  "errors", say: "1.50 % of 200 requests failed by Prometheus",
		},
		"nothing was counted": {
			series: series{{stamp, 101}, {now, 100}, {build, 2}, {requests, 0}, {targets, 2}},
			check:  "errors", say: "no request was counted",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			code, out := f.smoke(t, nil, "-unattended", "-prometheus", newPrometheus(t, test.series)+"/", "-selector", `job="orders"`)
			if test.check == "" {
				if code != passed {
					t.Errorf("got exit code %d, want %d", code, passed)
				}
				wantLine(t, out, "ok", "metrics", "2 of 2 targets scraped")
				wantLine(t, out, "ok", "errors", "0.50 % of 200 requests failed by Prometheus")
				return
			}
			if code != failed {
				t.Errorf("got exit code %d, want %d", code, failed)
			}
			wantLine(t, out, "FAIL", test.check, test.say)
		})
	}
}

func TestTheLogIsLookedForInLoki(t *testing.T) {
	t.Setenv("SMOKE_LOKI_TOKEN", "hush-hush")
	for name, line := range map[string]string{"found": `{"request_id":ID}`, "of another request": `{"request_id":"req_0"}`, "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			var asked url.Values
			var header http.Header
			loki := newStore(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/loki/api/v1/query_range" {
					http.NotFound(w, r)
					return
				}
				asked, header = r.URL.Query(), r.Header
				_, id, _ := strings.Cut(asked.Get("query"), `|= `)
				result := "[]"
				if line != "" {
					result = `[{"stream":{},"values":[["1",` + strconv.Quote(strings.Replace(line, "ID", id, 1)) + `]]}]`
				}
				fmt.Fprintf(w, `{"status":"success","data":{"resultType":"streams","result":%s}}`, result)
			})
			code, out := f.smoke(t, nil, "-unattended", "-loki", loki, "-loki-selector", `{app="orders"}`, "-loki-tenant", "acme")
			if got := asked.Get("query"); !strings.HasPrefix(got, `{app="orders"} |= "req_`) {
				t.Errorf("got the query %s", got)
			}
			if header.Get("Authorization") != "Bearer hush-hush" || header.Get("X-Scope-OrgID") != "acme" {
				t.Errorf("got the headers %v", header)
			}
			if name == "found" {
				if code != passed {
					t.Errorf("got exit code %d, want %d", code, passed)
				}
				wantLine(t, out, "ok", "logs", "found")
				return
			}
			if code != failed {
				t.Errorf("got exit code %d, want %d", code, failed)
			}
			wantLine(t, out, "FAIL", "logs", "no line in Loki")
		})
	}
}

func TestAStoreThatDoesNotAnswerIsNamed(t *testing.T) {
	broken := newStore(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "out of memory", http.StatusServiceUnavailable)
	})
	f := newFake(t)
	code, out := f.smoke(t, nil, "-unattended", "-prometheus", broken, "-loki", broken)
	if code != failed {
		t.Errorf("got exit code %d, want %d", code, failed)
	}
	wantLine(t, out, "FAIL", "metrics", "Prometheus answers 503: out of memory")
	wantLine(t, out, "FAIL", "logs", "Loki answers 503: out of memory")
}
