package consistency

import (
	"regexp"
	"strings"
)

// monitoring holds the rules, the queries and the alert tests of a project.
type monitoring struct {
	alerts   []*alert
	recorded map[string]*node // recording rules by the name of the series
	queries  []namedQuery     // queries of rules, dashboards and documents
	firing   map[string]*node // alerts that a unit test expects to fire
	silent   map[string]*node // alerts that a unit test expects not to fire
	unparsed []Problem        // queries that are not PromQL
}

type alert struct {
	*node
	name string
}

// namedQuery is a query and its location.
type namedQuery struct {
	file string
	line int
	key  string
	query
}

// readMonitoring reads rules, from rule files and PrometheusRule objects, alert tests, and all queries.
func (p *Project) readMonitoring() *monitoring {
	m := &monitoring{recorded: map[string]*node{}, firing: map[string]*node{}, silent: map[string]*node{}}
	for _, file := range p.paths {
		for _, document := range p.yaml[file] {
			groups := document.at("groups")
			if document.at("kind").str() == "PrometheusRule" {
				groups = document.at("spec", "groups")
			}
			for group := range groups.each() {
				for rule := range group.at("rules").each() {
					m.addRule(rule)
				}
			}
			for test := range document.at("tests").each() {
				for expected := range test.at("alert_rule_test").each() {
					name := expected.at("alertname")
					if len(expected.at("exp_alerts").all()) > 0 {
						m.firing[name.str()] = name
					} else {
						m.silent[name.str()] = name
					}
				}
				for expected := range test.at("promql_expr_test").each() {
					m.addQuery(expected.at("expr"), "expr")
				}
			}
			if document.at("panels") != nil {
				m.addDashboard(document)
			}
		}
	}
	for _, file := range p.documents() {
		m.addDocument(p, file)
	}
	return m
}

func (m *monitoring) addRule(rule *node) {
	switch name, record := rule.at("alert"), rule.at("record"); {
	case name != nil:
		m.alerts = append(m.alerts, &alert{rule, name.str()})
		m.addQuery(rule.at("expr"), name.str())
	case record != nil:
		m.recorded[record.str()] = rule
		m.addQuery(rule.at("expr"), record.str())
	}
}

func (m *monitoring) addQuery(expr *node, key string) {
	if expr.str() != "" {
		m.addText(expr.file, expr.line, key, expr.text)
	}
}

func (m *monitoring) addText(file string, line int, key, text string) {
	q, err := parseQuery(text)
	if err != nil {
		m.unparsed = append(m.unparsed, problemInFile(file, line, key, "correct the query", "is not PromQL: %v", err))
		return
	}
	m.queries = append(m.queries, namedQuery{file, line, key, q})
}

var labelValues = regexp.MustCompile(`^\s*label_values\((.*),[^,]*\)\s*$`)

// addDashboard adds the Prometheus queries of a dashboard, in panels, variables and annotations. A query without a data
// source uses the data source of its panel.
func (m *monitoring) addDashboard(n *node) { m.addPanel(n, "") }

func (m *monitoring) addPanel(n *node, source string) {
	if n == nil {
		return
	}
	if own := n.at("datasource", "type").str(); own != "" {
		source = own
	}
	if source == "" || source == "prometheus" {
		if expr := n.at("expr"); expr != nil && expr.scalar {
			m.addQuery(expr, "query "+n.at("refId").str())
		}
		for _, text := range []*node{n.at("definition"), n.at("query"), n.at("query", "query")} {
			// The last argument is a label, not a series.
			if found := labelValues.FindStringSubmatch(text.str()); found != nil {
				m.addText(text.file, text.line, "variable "+n.at("name").str(), found[1])
			}
		}
	}
	for _, key := range n.keys {
		m.addPanel(n.fields[key], source)
	}
	for _, item := range n.items {
		m.addPanel(item, source)
	}
}

// queryCommand matches a query in a command of a document: query 'up == 0'.
var queryCommand = regexp.MustCompile(`(?m)^query '([^']+)'$`)

// addDocument adds the queries of a document, in promql blocks and in commands.
func (m *monitoring) addDocument(p *Project, file string) {
	for _, found := range queryCommand.FindAllSubmatchIndex(p.files[file], -1) {
		line := 1 + strings.Count(string(p.files[file][:found[2]]), "\n")
		m.addText(file, line, "query", string(p.files[file][found[2]:found[3]]))
	}
	start, text := 0, ""
	for i, line := range strings.Split(string(p.files[file]), "\n") {
		switch fence := strings.TrimSpace(line); {
		case start == 0 && fence == "```promql":
			start, text = i+2, ""
		case start > 0 && strings.HasPrefix(fence, "```"):
			// An empty line separates the queries of a block.
			at := start
			for _, part := range strings.Split(text, "\n\n") {
				m.addText(file, at, "query", part)
				at += strings.Count(part, "\n") + 2
			}
			start = 0
		case start > 0:
			text += line + "\n"
		}
	}
}
