package consistency

import (
	"regexp"
	"strings"
)

const runbook = "docs/runbook.md"

var alertHeading = regexp.MustCompile(`^## ([A-Z][A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*)$`)

// checkRunbook requires a runbook section for every alert and an alert for every section. The runbook_url of an alert
// must link to its section.
func checkRunbook(p *Project) []Problem {
	var all []Problem
	if len(p.monitoring.alerts) == 0 {
		return nil
	}
	if !p.has(runbook) {
		return []Problem{problemInFile(runbook, 0, "runbook", "add it, with a section for each alert",
			"does not exist, but %d alerts link to it", len(p.monitoring.alerts))}
	}
	anchors := p.anchors(runbook)
	known := map[string]bool{}
	for _, a := range p.monitoring.alerts {
		known[a.name] = true
		url := a.at("annotations", "runbook_url")
		_, fragment, linked := strings.Cut(url.str(), "#")
		switch {
		case url == nil:
			all = append(all,
				problemAt(a.at("alert"), a.name, "add a link to "+runbook+"#"+strings.ToLower(a.name), "has no runbook_url"))
		case !linked || fragment != anchor(a.name):
			all = append(all, problemAt(url, a.name, "end the URL with #"+anchor(a.name),
				"has runbook_url %s, which does not link to its section", url.str()))
		case !strings.HasSuffix(strings.TrimSuffix(url.str(), "#"+fragment), "runbook.md") && !strings.Contains(url.str(), "://"):
			all = append(all, problemAt(url, a.name, "use an absolute URL",
				"has runbook_url %s, which is not a link in a notification", url.str()))
		}
		if _, ok := anchors[anchor(a.name)]; !ok {
			all = append(all, problemAt(a.at("alert"), a.name, "add ## "+a.name+" to "+runbook, "has no section in %s", runbook))
		}
	}
	for _, l := range p.lines(runbook) {
		if m := alertHeading.FindStringSubmatch(l.text); m != nil && !l.code && !known[m[1]] {
			all = append(all, problemInFile(runbook, l.number, m[1],
				nearestOf(m[1], sortedKeys(known), "remove the section, or add the alert"), "is not an alert"))
		}
	}
	return all
}

// checkAlertTests requires that every unit test names an existing alert. A test for a renamed alert passes, because the
// alert never fires.
func checkAlertTests(p *Project) []Problem {
	m := p.monitoring
	var all []Problem
	known := map[string]bool{}
	for _, a := range m.alerts {
		known[a.name] = true
	}
	for _, tests := range []map[string]*node{m.firing, m.silent} {
		for _, name := range sortedKeys(tests) {
			if !known[name] {
				all = append(all, problemAt(tests[name], name, nearestOf(name, sortedKeys(known), "remove the test"),
					"has a unit test, but is not an alert"))
			}
		}
	}
	return all
}

// checkSeverity requires a severity that Alertmanager routes on: critical, warning, info, none, or one of the routes in this
// project.
func checkSeverity(p *Project) []Problem {
	severities := map[string]bool{"critical": true, "warning": true, "info": true, "none": true}
	for _, config := range p.alertmanagers() {
		config.at("route").walk(func(n *node) {
			if m := matcher.FindStringSubmatch(n.str()); m != nil && m[1] == "severity" {
				severities[m[3]] = true
			}
		})
	}
	var all []Problem
	for _, a := range p.monitoring.alerts {
		severity := a.at("labels", "severity")
		if severities[severity.str()] {
			continue
		}
		at := severity
		if at == nil {
			at = a.at("alert")
		}
		all = append(all, problemAt(at, a.name, "use one of "+strings.Join(sortedKeys(severities), ", "),
			"has severity %q, which Alertmanager does not route on", severity.str()))
	}
	return all
}
