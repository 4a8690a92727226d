package consistency

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// The test compares the names in every rendered rule with those that the parser of Prometheus finds.
func TestQueryNamesMatchThePrometheusParser(t *testing.T) {
	r := newRenderer(t)
	p, err := Load(r.project(t, r.set(t, r.full())))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range p.below("deploy/monitoring", ".yaml") {
		for _, document := range p.yaml[file] {
			for group := range document.at("spec", "groups").each() {
				for rule := range group.at("rules").each() {
					n++
					compareWithParser(t, rule.at("expr").str())
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("got %d rules, want at least 50", n)
	}
}

func compareWithParser(t *testing.T, text string) {
	t.Helper()
	expr, err := parser.ParseExpr(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	var metrics []string
	matchers, patterns := map[string][]string{}, map[string][]string{}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		selector, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		for _, m := range selector.LabelMatchers {
			switch {
			case m.Name == labels.MetricName:
				metrics = append(metrics, m.Value)
			case m.Type == labels.MatchEqual:
				matchers[m.Name] = append(matchers[m.Name], m.Value)
			case m.Type == labels.MatchRegexp:
				patterns[m.Name] = append(patterns[m.Name], m.Value)
			}
		}
		return nil
	})
	got := parseQuery(text)
	for _, pair := range []struct{ want, got any }{
		{sorted(metrics), sorted(got.metrics)}, {matchers, got.matchers}, {patterns, got.patterns},
	} {
		if diff := cmp.Diff(pair.want, pair.got); diff != "" {
			t.Errorf("%s (-Prometheus +parseQuery):\n%s", text, diff)
		}
	}
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }
