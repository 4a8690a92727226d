// Package monitoring reads the Prometheus rules of a rendered project, and the queries in its dashboards and documents.
// Tests run them on a real Prometheus.
package monitoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// Folder is the folder for monitoring in a project.
const Folder = "deploy/monitoring"

// Project holds the rules and queries of a project.
type Project struct {
	Groups    []Group
	Panels    []Query // queries of all dashboards
	Documents []Query // queries of all documents
}

// Group is a group of rules.
type Group struct {
	Name     string `yaml:"name"`
	Interval string `yaml:"interval,omitempty"`
	Rules    []Rule `yaml:"rules"`
}

// Rule records a series or raises an alert.
type Rule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	KeepFiring  string            `yaml:"keep_firing_for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Query is a PromQL query and its location.
type Query struct {
	Where string
	Expr  string
}

// Read reads the project in a directory.
func Read(dir string) (*Project, error) {
	p := &Project{}
	rules, err := filepath.Glob(filepath.Join(dir, Folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range rules {
		if err := p.readRules(file); err != nil {
			return nil, err
		}
	}
	dashboards, err := filepath.Glob(filepath.Join(dir, Folder, "dashboards", "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range dashboards {
		board, err := ReadDashboard(file)
		if err != nil {
			return nil, err
		}
		p.Panels = append(p.Panels, board.Queries("prometheus")...)
	}
	if len(dashboards) == 0 {
		return nil, fmt.Errorf("%s has no dashboard", filepath.Join(dir, Folder))
	}
	return p, p.readDocuments(filepath.Join(dir, "docs"))
}

// promql matches a fenced block with a query, and a query in a command: query 'up == 0'.
var promql = regexp.MustCompile("(?ms)^```promql\n(.*?)^```$|^query '([^']+)'$")

func (p *Project) readDocuments(dir string) error {
	documents, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, file := range documents {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, found := range promql.FindAllSubmatchIndex(data, -1) {
			start, end := max(found[2], found[4]), max(found[3], found[5]) // the group that did not match is -1
			line := 1 + strings.Count(string(data[:start]), "\n")
			p.Documents = append(p.Documents, Query{Where: fmt.Sprintf("%s:%d", filepath.Base(file), line), Expr: string(data[start:end])})
		}
	}
	return nil
}

// readRules reads the groups of a PrometheusRule. It ignores other objects.
func (p *Project) readRules(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var object struct {
		Kind string    `yaml:"kind"`
		Spec yaml.Node `yaml:"spec"`
	}
	if err := yaml.Unmarshal(data, &object); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if object.Kind != "PrometheusRule" {
		return nil
	}
	var spec struct {
		Groups []Group `yaml:"groups"`
	}
	if err := object.Spec.Decode(&spec); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	p.Groups = append(p.Groups, spec.Groups...)
	return nil
}

// Rules returns the expression of each rule.
func (p *Project) Rules() []Query {
	var all []Query
	for _, group := range p.Groups {
		for _, rule := range group.Rules {
			all = append(all, Query{Where: group.Name + ": " + rule.Record + rule.Alert, Expr: rule.Expr})
		}
	}
	return all
}

// Recorded returns the expression of the rule that records a series.
func (p *Project) Recorded(series string) (string, bool) {
	for _, group := range p.Groups {
		for _, rule := range group.Rules {
			if rule.Record == series {
				return rule.Expr, true
			}
		}
	}
	return "", false
}

// fastSubqueries replaces the resolution of subqueries with one second.
var fastSubqueries = strings.NewReplacer(":1m]", ":1s]", ":5m]", ":1s]")

// FastRules returns a rule file for tests. Groups and subqueries are evaluated every second, and alerts fire
// immediately, without for and keep_firing_for.
func (p *Project) FastRules() ([]byte, error) {
	groups := slices.Clone(p.Groups)
	for i := range groups {
		groups[i].Interval = "1s"
		groups[i].Rules = slices.Clone(groups[i].Rules)
		for j := range groups[i].Rules {
			rule := &groups[i].Rules[j]
			rule.For, rule.KeepFiring, rule.Expr = "", "", fastSubqueries.Replace(rule.Expr)
		}
	}
	return yaml.Marshal(map[string]any{"groups": groups})
}

// Dashboard holds the fields of a Grafana dashboard that tests use.
type Dashboard struct {
	File       string
	UID        string `json:"uid"`
	Title      string `json:"title"`
	Templating struct {
		List []Variable `json:"list"`
	} `json:"templating"`
	Panels []Panel `json:"panels"`
}

// Variable is a dashboard variable.
type Variable struct {
	Name  string          `json:"name"`
	Query json.RawMessage `json:"query"`
}

// Panel is a dashboard panel.
type Panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	GridPos     struct {
		X, Y, W, H int
	} `json:"gridPos"`
	Datasource struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	} `json:"datasource"`
	Targets []struct {
		RefID string `json:"refId"`
		Expr  string `json:"expr"`
	} `json:"targets"`
}

// ReadDashboard reads a dashboard file.
func ReadDashboard(file string) (*Dashboard, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	d := &Dashboard{File: file}
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// Queries returns the panel queries for a type of data source.
func (d *Dashboard) Queries(kind string) []Query {
	var all []Query
	for _, panel := range d.Panels {
		if panel.Datasource.Type != kind {
			continue
		}
		for _, target := range panel.Targets {
			all = append(all, Query{Where: filepath.Base(d.File) + ": " + panel.Title + ", " + target.RefID, Expr: target.Expr})
		}
	}
	return all
}

// grafanaVariables replaces the variables that Grafana defines.
var grafanaVariables = strings.NewReplacer("$__rate_interval", "5m", "$__interval", "1m", "$__range", "1h")

// Expand returns the query with the variables of Grafana and $namespace replaced.
func (q Query) Expand(namespace string) string {
	return strings.ReplaceAll(grafanaVariables.Replace(q.Expr), "$namespace", namespace)
}

// Metrics returns the sorted names of the metrics in an expression. A selector without a metric name is an error,
// because it could match any series.
func Metrics(expr string) ([]string, error) {
	tree, err := parser.ParseExpr(expr)
	if err != nil {
		return nil, err
	}
	var names []string
	var unnamed error
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		name := selector.Name
		for _, m := range selector.LabelMatchers {
			switch {
			case m.Name != labels.MetricName:
			case m.Type == labels.MatchEqual:
				name = m.Value
			default: // any number of metrics
				return nil
			}
		}
		if name == "" {
			unnamed = errors.Join(unnamed, fmt.Errorf("%s names no metric", selector))
		}
		names = append(names, name)
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), unnamed
}

// HasOffset reports whether an expression uses an offset. Such a query is empty until the service is old enough.
func HasOffset(expr string) (bool, error) {
	tree, err := parser.ParseExpr(expr)
	if err != nil {
		return false, err
	}
	offset := false
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			offset = offset || n.OriginalOffset > 0
		case *parser.SubqueryExpr:
			offset = offset || n.OriginalOffset > 0
		}
		return nil
	})
	return offset, nil
}
