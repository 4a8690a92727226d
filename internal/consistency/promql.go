package consistency

import (
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// query holds the names in a PromQL expression.
type query struct {
	metrics  []string            // in order
	matchers map[string][]string // values of = matchers by label
	patterns map[string][]string // regular expressions of =~ matchers by label
}

// grafana matches the variables of a dashboard.
var grafana = regexp.MustCompile(`\$\{[^}]*\}|\$[A-Za-z_][A-Za-z0-9_]*|\[\[[^\]]*\]\]`)

// anyValue replaces a variable. It parses as a number, as a duration and in a string. Matchers whose value contains it are
// left out.
const anyValue = "86399"

// parseQuery returns the names in a query. A variable must not stand for a metric. The variables $1, $2 and so on of
// label_replace are not Grafana's.
func parseQuery(text string) (query, error) {
	q := query{matchers: map[string][]string{}, patterns: map[string][]string{}}
	expr, err := parser.ParseExpr(grafana.ReplaceAllLiteralString(text, anyValue))
	if err != nil {
		return q, err
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if selector, ok := n.(*parser.VectorSelector); ok {
			for _, m := range selector.LabelMatchers {
				q.add(m)
			}
		}
		return nil
	})
	return q, nil
}

func (q *query) add(m *labels.Matcher) {
	switch {
	case strings.Contains(m.Value, anyValue):
	case m.Name == labels.MetricName && m.Type == labels.MatchEqual:
		q.metrics = append(q.metrics, m.Value)
	case m.Type == labels.MatchEqual:
		q.matchers[m.Name] = append(q.matchers[m.Name], m.Value)
	case m.Type == labels.MatchRegexp:
		q.patterns[m.Name] = append(q.patterns[m.Name], m.Value)
	}
}
