package monitoring_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/verify/monitoring"
	"github.com/acton-go/acton-new/templates"
)

// dashboards returns all dashboards in the templates by path.
func dashboards(t *testing.T) map[string]*monitoring.Dashboard {
	t.Helper()
	boards := map[string]*monitoring.Dashboard{}
	err := fs.WalkDir(templates.All, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(name, "/deploy/monitoring/dashboards/") {
			return err
		}
		data, err := fs.ReadFile(templates.All, name)
		if err != nil {
			return err
		}
		file := filepath.Join(t.TempDir(), path.Base(name))
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return err
		}
		boards[name], err = monitoring.ReadDashboard(file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(boards) < 3 {
		t.Fatalf("got %d dashboards, want at least 3", len(boards))
	}
	return boards
}

// Grafana accepts dashboards with these mistakes, but shows them incorrectly.
func TestDashboardsHaveNoProblems(t *testing.T) {
	uids := map[string]string{}
	for name, board := range dashboards(t) {
		if other := uids[board.UID]; other != "" || !strings.HasPrefix(board.UID, "sample-service") {
			t.Errorf("%s: uid %q: want a unique one that starts with sample-service (same uid: %s)", name, board.UID, other)
		}
		uids[board.UID] = name
		for _, problem := range problems(board) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

func problems(board *monitoring.Dashboard) []string {
	var found []string
	var taken [24]int // the first free row of each column
	ids := map[int]bool{}
	used := map[string]bool{"datasource": true}
	for _, panel := range board.Panels {
		if ids[panel.ID] {
			found = append(found, panel.Title+": duplicate id")
		}
		ids[panel.ID] = true
		at := panel.GridPos
		if at.W < 1 || at.H < 1 || at.X < 0 || at.X+at.W > len(taken) {
			found = append(found, panel.Title+": outside the grid")
			continue
		}
		for x := at.X; x < at.X+at.W; x++ {
			if taken[x] > at.Y {
				found = append(found, panel.Title+": overlaps another panel")
				break
			}
			taken[x] = at.Y + at.H
		}
		if panel.Type == "row" {
			continue
		}
		if panel.Description == "" || len(panel.Targets) == 0 {
			found = append(found, panel.Title+": missing description or query")
		}
		refs := map[string]bool{}
		for _, target := range panel.Targets {
			if refs[target.RefID] {
				found = append(found, panel.Title+": duplicate query "+target.RefID)
			}
			refs[target.RefID] = true
			for _, variable := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(target.Expr, -1) {
				used[variable[1]] = true
			}
		}
		for _, variable := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(panel.Datasource.UID, -1) {
			used[variable[1]] = true
		}
	}
	declared := map[string]bool{"__rate_interval": true}
	for _, variable := range board.Templating.List {
		declared[variable.Name] = true
		if !used[variable.Name] {
			found = append(found, "unused variable "+variable.Name)
		}
	}
	for variable := range used {
		if !declared[variable] {
			found = append(found, "undefined variable "+variable)
		}
	}
	for _, query := range board.Queries("prometheus") {
		if _, err := monitoring.Metrics(query.Expand("production")); err != nil {
			found = append(found, query.Where+": "+err.Error())
		}
	}
	slices.Sort(found)
	return found
}

func TestProblemsFindsMistakesInADashboard(t *testing.T) {
	const text = `{"uid": "x", "templating": {"list": [{"name": "datasource"}, {"name": "namespace"}]}, "panels": [
		{"id": 1, "type": "row", "title": "R", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}},
		{"id": 1, "type": "stat", "title": "A", "description": "d", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
			"datasource": {"type": "prometheus", "uid": "${datasource}"}, "targets": [{"refId": "A", "expr": "sum("}, {"refId": "A", "expr": "up{pod=\"$pod\"}"}]},
		{"id": 2, "type": "stat", "title": "B", "gridPos": {"x": 20, "y": 9, "w": 12, "h": 8}, "targets": []}
	]}`
	board := &monitoring.Dashboard{File: "d.json"}
	if err := json.Unmarshal([]byte(text), board); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"A: duplicate id", "A: duplicate query A", "A: overlaps another panel", "B: outside the grid",
		"d.json: A, A: 1:5: parse error: unclosed left parenthesis", "undefined variable pod", "unused variable namespace",
	}
	if diff := cmp.Diff(want, problems(board)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A dashboard that no kustomization lists is never deployed. Grafana writes the dashboards of all services to one folder, so
// a key without the name of the service would overwrite the dashboard of another service.
func TestKustomizationsListEveryDashboard(t *testing.T) {
	for name := range dashboards(t) {
		folder, file, _ := strings.Cut(name, "/files/deploy/monitoring/")
		list := folder + "/slots/monitoring/dashboards"
		if folder == "_features/monitoring-prometheus" {
			list = folder + "/files/deploy/monitoring/kustomization.yaml"
		}
		data, err := fs.ReadFile(templates.All, list)
		entry := regexp.MustCompile(`(?m)^ *- sample-service[a-z-]*\.json=` + regexp.QuoteMeta(file) + `$`)
		if err != nil || !entry.Match(data) {
			t.Errorf("%s does not list %s with a key that starts with sample-service (%v)", list, file, err)
		}
	}
}

func TestMetricsAndHasOffsetOfAnExpression(t *testing.T) {
	for expr, want := range map[string][]string{
		`sum by (le) (rate(a_bucket{x="b"}[5m])) / on (job) group_left () c:d`: {"a_bucket", "c:d"},
		`absent({__name__="e"}) or vector(0)`:                                  {"e"},
		`{__name__=~"slo:.+"} > a`:                                             {"a"},
		`histogram_quantile(0.9, a_bucket) > time()`:                           {"a_bucket"},
	} {
		got, err := monitoring.Metrics(expr)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", expr, err, diff)
		}
	}
	for _, expr := range []string{`{job="x"}`, `sum(`} {
		if got, err := monitoring.Metrics(expr); err == nil {
			t.Errorf("%s: got %v and no error", expr, got)
		}
	}
	for expr, want := range map[string]bool{`a`: false, `a offset 1d`: true, `max_over_time(a[1h:1m] offset 1w)`: true} {
		if got, err := monitoring.HasOffset(expr); got != want || err != nil {
			t.Errorf("%s: got %t (%v), want %t", expr, got, err, want)
		}
	}
}
