package generator

import (
	"bytes"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

const monitoring = "deploy/monitoring/"

// rule is an alerting or recording rule in a PrometheusRule.
type rule struct {
	Alert       string
	Record      string
	Labels      map[string]string
	Annotations map[string]string
}

type ruleFile struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
}

// alertTests counts the unit tests that expect an alert to fire, and those that expect it not to.
type alertTests struct{ firing, silent int }

type testFile struct {
	Tests []struct {
		AlertRuleTest []struct {
			Alertname string
			ExpAlerts []any `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	}
}

// runbookParts are the parts of a section in the runbook, after the meaning.
var runbookParts = []string{"**Impact.**", "**Diagnosis.**", "**Mitigation.**"}

// panelName matches the panels of a dashboard that the runbook names: panel "Memory", panels "Memory" and "Requests".
var panelName = regexp.MustCompile(`panels? "([^"]+)"(?: and "([^"]+)")?`)

// .ci/run checks rules and tests with promtool. This test checks that rules, tests and runbook match.
func TestEveryAlertHasTestsAndRunbookSection(t *testing.T) {
	l := realLibrary(t)
	for _, a := range l.someAnswers(maxRendered) {
		tree := l.mustFiles(t, a)
		at := a.String()
		if _, ok := tree.Lookup(monitoring + "kustomization.yaml"); !ok {
			if len(a.Values) == 0 {
				t.Errorf("%s: no alerts, but only a choice can leave them out", at)
			}
			continue
		}
		alerts, files := alertsOf(t, a.Name, at, tree)

		var kustomization struct{ Resources []string }
		parseYAML(t, at, tree, monitoring+"kustomization.yaml", &kustomization)
		slices.Sort(kustomization.Resources)
		if diff := cmp.Diff(files, kustomization.Resources); diff != "" {
			t.Errorf("%s: files with rules (-existing +in the kustomization):\n%s", at, diff)
		}

		proofs, err := l.proofs(a)
		if err != nil {
			t.Fatal(err)
		}
		tests := testsOf(t, at, slices.Concat(tree, proofs))
		for name := range alerts {
			if n := tests[name]; n == nil || n.firing == 0 || n.silent == 0 && name != "Watchdog" {
				t.Errorf("%s: %s: got tests %+v, want one that fires and one that does not", at, name, n)
			}
		}
		for name := range tests {
			if _, ok := alerts[name]; !ok {
				t.Errorf("%s: a test uses the alert %s, which does not exist", at, name)
			}
		}

		runbook := string(content(t, at, tree, "docs/runbook.md"))
		var sections []string
		shared := false // whether the next section has the text for this alert too
		for part := range strings.SplitSeq(runbook, "\n## ") {
			name, body, _ := strings.Cut(part, "\n")
			if _, isAlert := alerts[name]; !isAlert {
				if shared {
					t.Errorf("%s: runbook: the section before %s is empty", at, name)
				}
				continue
			}
			sections = append(sections, name)
			if shared = strings.TrimSpace(body) == ""; shared {
				continue
			}
			last := 0 // the meaning comes first
			for _, word := range runbookParts {
				found := strings.Index(body, word)
				if found <= last+1 {
					t.Errorf("%s: runbook: %s: %s is missing or out of order", at, name, word)
				}
				last = found
			}
		}
		if shared {
			t.Errorf("%s: runbook: the last section is empty", at)
		}
		slices.Sort(sections)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(alerts)), sections); diff != "" {
			t.Errorf("%s: sections (-alerts +runbook):\n%s", at, diff)
		}
		board := content(t, at, tree, monitoring+"dashboards/service.json")
		for _, m := range panelName.FindAllStringSubmatch(strings.ReplaceAll(runbook, "\n", " "), -1) {
			for _, panel := range m[1:] {
				if panel != "" && !bytes.Contains(board, []byte(`"title": "`+panel+`"`)) {
					t.Errorf("%s: runbook: the dashboard has no panel %q", at, panel)
				}
			}
		}
	}
}

func content(t *testing.T, at string, tree Tree, file string) []byte {
	t.Helper()
	i := slices.IndexFunc(tree, func(f File) bool { return f.Path == file })
	if i < 0 {
		t.Fatalf("%s: missing %s", at, file)
	}
	return tree[i].Data
}

func parseYAML(t *testing.T, at string, tree Tree, file string, into any) {
	t.Helper()
	if err := yaml.Unmarshal(content(t, at, tree, file), into); err != nil {
		t.Fatalf("%s: %s: %v", at, file, err)
	}
}

// alertsOf returns the alerts of a project by name, and the names of the files with rules.
func alertsOf(t *testing.T, service, at string, tree Tree) (map[string]rule, []string) {
	t.Helper()
	alerts := map[string]rule{}
	recorded := map[string]bool{}
	var files []string
	for _, f := range tree {
		if ok, _ := path.Match(monitoring+"*.yaml", f.Path); !ok || !bytes.Contains(f.Data, []byte("\nkind: PrometheusRule\n")) {
			continue
		}
		files = append(files, path.Base(f.Path))
		var rules ruleFile
		parseYAML(t, at, tree, f.Path, &rules)
		if want := service + "-" + strings.TrimSuffix(path.Base(f.Path), ".yaml"); rules.Metadata.Name != want {
			t.Errorf("%s: %s: got the name %s, want %s", at, f.Path, rules.Metadata.Name, want)
		}
		for _, g := range rules.Spec.Groups {
			for _, r := range g.Rules {
				if r.Record != "" {
					if recorded[r.Record] {
						t.Errorf("%s: %s is recorded twice", at, r.Record)
					}
					recorded[r.Record] = true
					continue
				}
				if _, ok := alerts[r.Alert]; ok || r.Alert == "" {
					t.Errorf("%s: %s: alert %q is a duplicate or has no name", at, f.Path, r.Alert)
				}
				alerts[r.Alert] = r
				if !slices.Contains([]string{"critical", "warning", "none"}, r.Labels["severity"]) || r.Labels["service"] != service {
					t.Errorf("%s: %s: got labels %v", at, r.Alert, r.Labels)
				}
				if r.Annotations["summary"] == "" || r.Annotations["description"] != "" {
					t.Errorf("%s: %s: got annotations %v, want a summary; the runbook has the description", at, r.Alert, r.Annotations)
				}
				page, anchor, _ := strings.Cut(r.Annotations["runbook_url"], "#")
				if !strings.HasSuffix(page, "docs/runbook.md") || anchor != strings.ToLower(r.Alert) {
					t.Errorf("%s: %s: got runbook_url %s", at, r.Alert, r.Annotations["runbook_url"])
				}
			}
		}
	}
	slices.Sort(files)
	return alerts, files
}

func testsOf(t *testing.T, at string, tree Tree) map[string]*alertTests {
	t.Helper()
	tests := map[string]*alertTests{}
	for _, f := range tree {
		if path.Dir(f.Path)+"/" != monitoring+"tests/" {
			continue
		}
		var file testFile
		parseYAML(t, at, tree, f.Path, &file)
		for _, test := range file.Tests {
			for _, c := range test.AlertRuleTest {
				if tests[c.Alertname] == nil {
					tests[c.Alertname] = new(alertTests)
				}
				if len(c.ExpAlerts) > 0 {
					tests[c.Alertname].firing++
				} else {
					tests[c.Alertname].silent++
				}
			}
		}
	}
	return tests
}

// maxUID is the maximum length of a uid of Grafana, which rejects the dashboard otherwise.
const maxUID = 40

var uidPattern = regexp.MustCompile(`(?m)^  "uid": "([^"]*)"`)

func TestDashboardsHaveValidUIDsForEveryName(t *testing.T) {
	l := realLibrary(t)
	first, all := l.firstAndLast()
	long := "a-very-long-name-of-a-service-with-40-"
	owner := map[string]string{}
	for _, name := range []string{"ab", "ab-database", "name-of-thirty-characters-1234", "name-of-thirty-one-characters-1", long + "ch", long + "cg"} {
		for _, chosen := range [][]string{first.Features(), all.Features()} {
			dashboards := 0
			for _, f := range l.mustFiles(t, Answers{Name: name, Module: "example.com/" + name, Features: chosen}) {
				if path.Dir(f.Path) != monitoring+"dashboards" {
					continue
				}
				dashboards++
				m := uidPattern.FindSubmatch(f.Data)
				if m == nil {
					t.Errorf("%s: %s: got no uid", name, f.Path)
					continue
				}
				uid, at := string(m[1]), name+": "+f.Path
				if len(uid) > maxUID || !strings.HasPrefix(uid, name[:min(len(name), 20)]) {
					t.Errorf("%s: got the uid %q of %d characters, want at most %d and the beginning of the name", at, uid, len(uid), maxUID)
				}
				if rest := strings.TrimPrefix(uid, name); len(name) <= maxInUID && rest != "" && !strings.HasPrefix(rest, "_") {
					t.Errorf("%s: got the uid %q, which is also that of a service with this name; add _ after the name", at, uid)
				}
				if other, ok := owner[uid]; ok && other != at {
					t.Errorf("%s: got the uid %q, which %s has too", at, uid, other)
				}
				owner[uid] = at
			}
			if dashboards == 0 {
				t.Errorf("%s: got no dashboards", name)
			}
		}
	}
}
