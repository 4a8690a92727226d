package consistency

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseQueryReturnsMetricsAndMatchers(t *testing.T) {
	for _, c := range []struct {
		query    string
		metrics  []string
		matchers map[string][]string
		patterns map[string][]string
	}{
		{`up`, []string{"up"}, nil, nil},
		{`sum by (job, route) (rate(a_total{job="x", code=~"5..", le!="1"}[5m] offset 1d))`, []string{"a_total"},
			map[string][]string{"job": {"x"}}, map[string][]string{"code": {"5.."}}},
		{`sum(rate(a[5m])) without (pod) / on (job) group_left (team) b:c:d > bool 0.5e3`, []string{"a", "b:c:d"}, nil, nil},
		{`topk by (pod) (3, a) and on () vector(1) unless b`, []string{"a", "b"}, nil, nil},
		{`{__name__="a", x='y'}`, []string{"a"}, map[string][]string{"x": {"y"}}, nil},
		{`histogram_quantile(0.99, sum(rate(a_bucket{namespace="$namespace"}[$__rate_interval])) by (le))`, []string{"a_bucket"}, nil, nil},
		{`a{x="${y:regex}"} > ${limit} or b < [[old]]`, []string{"a", "b"}, nil, nil},
		{"# why b\na{x=\"#\"} # not c", []string{"a"}, map[string][]string{"x": {"#"}}, nil},
		{`max_over_time(a[1h:5m] @ end()) == Inf or absent(c{d="}"})`, []string{"a", "c"}, map[string][]string{"d": {"}"}}, nil},
		{`label_replace(a, "to", "$1", "from", "(.+)")`, []string{"a"}, nil, nil},
	} {
		got, err := parseQuery(c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
		}
		want := query{metrics: c.metrics, matchers: c.matchers, patterns: c.patterns}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(query{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.query, diff)
		}
	}
}

func TestReadDockerfileSeparatesStages(t *testing.T) {
	d := readDockerfile([]byte(strings.Join([]string{
		"# syntax=docker/dockerfile:1", "FROM golang:1.26 AS build", "RUN a \\", "    # why", "    && b", "USER root", "",
		"FROM scratch", `user 1:2`, `ENTRYPOINT ["/x", "a \"b\""]`, "",
	}, "\n")))
	if user, ok := d.last("USER"); !ok || user.args != "1:2" || user.line != 9 {
		t.Errorf("user: got %+v", user)
	}
	if run := d.of("RUN"); len(run) != 1 || strings.Join(strings.Fields(run[0].args), " ") != "a && b" || run[0].final {
		t.Errorf("run: got %+v", run)
	}
	if entry, _ := d.last("ENTRYPOINT"); len(entry.words()) != 2 || entry.words()[0] != "/x" {
		t.Errorf("entry point: got %q", entry.words())
	}
}

func TestReadMakefileReturnsTargets(t *testing.T) {
	m := readMakefile([]byte("A ?= 1\nB := $(A)/x\nexport C = $(B)\n.PHONY: a\na b: c ## Help.\n\t@echo one \\\n\t  two\nc:\n\techo $(C)\na: d\nc:\n\techo again\n"))
	if diff := cmp.Diff([]string{"a", "b", "c"}, sortedKeys(m.targets)); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	if got := m.expand("$(C)$(D)"); got != "1/x$(D)" {
		t.Errorf("expanded: got %s", got)
	}
	if len(m.duplicates) != 1 || m.duplicates["c"] != 11 {
		t.Errorf("duplicates: got %v, want c on line 11", m.duplicates)
	}
}

func TestMakeTargetsReturnsTargetsOfThisDirectory(t *testing.T) {
	for text, want := range map[string]string{
		"make": "", "make test lint": "test lint", "FOO=1 make -s test P50=2 SMOKE='-a make' URL=\"x y\"": "test",
		"cd x && make up; $(MAKE) down | tee make": "up down", "make -C other test": "", "apt-get install make curl": "",
		"if make a; then make b > c; fi": "a b", "make ${{ matrix.verb }} # make d": "", "exec make e": "e", "we make sure": "",
	} {
		if got := strings.Join(makeTargets(text), " "); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestQuantityParsesKubernetesSuffixes(t *testing.T) {
	for text, want := range map[string]float64{"100m": 0.1, "2": 2, "512Mi": 512 << 20, "1.5Gi": 1.5 * (1 << 30), "1G": 1e9, "20k": 20e3} {
		if got, ok := quantity(text); !ok || got != want {
			t.Errorf("%s: got %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "x", "Mi", "1Mib"} {
		if got, ok := quantity(text); ok {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestParseImageSplitsTagAndDigest(t *testing.T) {
	for text, want := range map[string]image{
		"a": {"a", "", ""}, "a:1": {"a", "1", ""}, "host:5000/a/b": {"host:5000/a/b", "", ""},
		"host:5000/a/b:1@sha256:ab": {"host:5000/a/b", "1", "sha256:ab"},
	} {
		if got := parseImage(text); got != want || got.String() != text {
			t.Errorf("%s: got %+v, %s", text, got, got)
		}
	}
}

func TestRulesAreSortedAndNameChecklistItems(t *testing.T) {
	previous := ""
	for _, r := range Rules() {
		if r.ID <= previous || r.Title == "" {
			t.Errorf("%q %q: want rules sorted by ID, each with a title", r.ID, r.Title)
		}
		previous = r.ID
		for _, item := range r.Items {
			if item < 1 || item > 178 {
				t.Errorf("%s: the checklist has no item %d", r.ID, item)
			}
		}
	}
}
