package consistency

import (
	"regexp"
	"strings"
)

const runbook = "docs/runbook.md"

var alertHeading = regexp.MustCompile(`^## ([A-Z][A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*)$`)

// checkRunbook wants a section of the runbook for exactly the alerts that there are, each alert to link its own, and each
// to have a test if alerts have tests.
func checkRunbook(p *Project) []Finding {
	var all []Finding
	if len(p.monitoring.alerts) == 0 {
		return nil
	}
	if !p.has(runbook) {
		return []Finding{foundIn(runbook, 0, "runbook", "write it, with a section for each alert", "is not there, but %d alerts send people to it", len(p.monitoring.alerts))}
	}
	anchors := p.anchors(runbook)
	known := map[string]bool{}
	for _, a := range p.monitoring.alerts {
		known[a.name] = true
		url := a.at("annotations", "runbook_url")
		_, fragment, linked := strings.Cut(url.str(), "#")
		switch {
		case url == nil:
			all = append(all, found(a.at("alert"), a.name, "link "+runbook+"#"+strings.ToLower(a.name), "has no runbook_url"))
		case !linked || fragment != anchor(a.name):
			all = append(all, found(url, a.name, "end the address with #"+anchor(a.name), "has the runbook_url %s, which does not lead to its own section", url.str()))
		case !strings.HasSuffix(strings.TrimSuffix(url.str(), "#"+fragment), "runbook.md") && !strings.Contains(url.str(), "://"):
			all = append(all, found(url, a.name, "write a whole address", "has the runbook_url %s, which nobody can open from a page", url.str()))
		}
		if _, ok := anchors[anchor(a.name)]; !ok {
			all = append(all, found(a.at("alert"), a.name, "write ## "+a.name+" in "+runbook, "has no section in %s", runbook))
		}
	}
	for _, l := range p.lines(runbook) {
		if m := alertHeading.FindStringSubmatch(l.text); m != nil && !l.code && !known[m[1]] {
			all = append(all, foundIn(runbook, l.number, m[1], nearestOf(m[1], sortedKeys(known), "remove the section, or write the alert"), "is no alert of this project"))
		}
	}
	return all
}

// checkAlertTests wants each alert to be in unit tests, one in which it fires and one in which it is silent, and each test
// to name an alert.
func checkAlertTests(p *Project) []Finding {
	m := p.monitoring
	if len(m.firing)+len(m.silent) == 0 {
		return nil
	}
	var all []Finding
	known := map[string]bool{}
	for _, a := range m.alerts {
		known[a.name] = true
		if m.firing[a.name] == nil {
			all = append(all, found(a.at("alert"), a.name, "add an alert_rule_test with exp_alerts", "has no unit test in which it fires"))
		}
		if m.silent[a.name] == nil {
			all = append(all, found(a.at("alert"), a.name, "add an alert_rule_test without exp_alerts", "has no unit test in which it is silent"))
		}
	}
	for _, tests := range []map[string]*node{m.firing, m.silent} {
		for _, name := range sortedKeys(tests) {
			if !known[name] {
				all = append(all, found(tests[name], name, nearestOf(name, sortedKeys(known), "remove the test"), "is tested, but is no alert of this project"))
			}
		}
	}
	return all
}

// checkSeverity wants the severity of alerts to be one that is routed by: the usual ones, and those of Alertmanager's own
// configuration.
func checkSeverity(p *Project) []Finding {
	severities := map[string]bool{"critical": true, "warning": true, "info": true}
	for _, config := range p.alertmanagers() {
		config.at("route").walk(func(n *node) {
			if m := matcher.FindStringSubmatch(n.str()); m != nil && m[1] == "severity" {
				severities[m[3]] = true
			}
		})
	}
	var all []Finding
	for _, a := range p.monitoring.alerts {
		severity := a.at("labels", "severity")
		if severities[severity.str()] {
			continue
		}
		at := severity
		if at == nil {
			at = a.at("alert")
		}
		all = append(all, found(at, a.name, "write one of "+strings.Join(sortedKeys(severities), ", "), "has the severity %q, by which nobody routes", severity.str()))
	}
	return all
}
