package consistency

import (
	"regexp"
	"strings"
)

var matcher = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*$`)

// alertmanagerSecrets lists the credential keys for which Alertmanager also accepts a _file key.
var alertmanagerSecrets = []string{
	"routing_key", "service_key", "api_key", "api_url", "slack_api_url", "opsgenie_api_key", "victorops_api_key", "smtp_auth_password", "auth_password",
	"password", "credentials", "token", "user_key", "bot_token",
}

// checkAlertmanager checks that every route has a receiver, that every receiver has a route, and that matchers and
// inhibition rules use labels of existing alerts.
func checkAlertmanager(p *Project) []Problem {
	var all []Problem
	for _, config := range p.alertmanagers() {
		all = append(all, p.checkRoutes(config)...)
	}
	return all
}

// alertmanagers returns the Alertmanager configurations of a project.
func (p *Project) alertmanagers() []*node {
	var all []*node
	for _, file := range p.below("deploy", ".yaml", ".yml") {
		for _, document := range p.yaml[file] {
			if document.at("route") != nil && document.at("receivers") != nil {
				all = append(all, document)
			}
		}
	}
	return all
}

func (p *Project) checkRoutes(config *node) []Problem {
	var all []Problem
	receivers, used, missing := map[string]*node{}, map[string]bool{}, false
	for r := range config.at("receivers").each() {
		receivers[r.at("name").str()] = r.at("name")
	}
	var visit func(route *node)
	visit = func(route *node) {
		if r := route.at("receiver"); r != nil {
			used[r.str()] = true
			if receivers[r.str()] == nil {
				missing = true
				all = append(all, problemAt(r, "receiver", nearestOf(r.str(), sortedKeys(receivers), "add the receiver"),
					"routes to %s, which is not a receiver", r.str()))
			}
		}
		all = append(all, p.checkMatchers(route, "matchers")...)
		for inner := range route.at("routes").each() {
			visit(inner)
		}
	}
	visit(config.at("route"))
	for _, name := range sortedKeys(receivers) {
		if !used[name] && !missing {
			all = append(all, problemAt(receivers[name], "receiver "+name, "add a route for it, or remove it",
				"receives no alerts: no route names it"))
		}
	}
	config.walk(func(n *node) {
		for _, key := range alertmanagerSecrets {
			if at := n.at(key); at.str() != "" {
				all = append(all, problemAt(at, key, "use "+key+"_file, and mount the file",
					"is a plain-text credential in a file that is committed"))
			}
		}
	})
	for rule := range config.at("inhibit_rules").each() {
		all = append(all, p.checkMatchers(rule, "source_matchers")...)
		all = append(all, p.checkMatchers(rule, "target_matchers")...)
	}
	return all
}

// checkMatchers compares matchers with the labels that alerting rules set. Labels that come from series are unknown
// here and are not checked.
func (p *Project) checkMatchers(of *node, key string) []Problem {
	var all []Problem
	values := map[string]map[string]bool{"alertname": {}}
	for _, a := range p.monitoring.alerts {
		values["alertname"][a.name] = true
		for label, value := range a.at("labels").texts() {
			if values[label] == nil {
				values[label] = map[string]bool{}
			}
			values[label][value] = true
		}
	}
	for entry := range of.at(key).each() {
		m := matcher.FindStringSubmatch(entry.str())
		if m == nil || values[m[1]] == nil || m[2] == "!=" || m[2] == "!~" || len(p.monitoring.alerts) == 0 {
			continue
		}
		matched := values[m[1]][m[3]]
		if pattern, err := regexp.Compile("^(?:" + m[3] + ")$"); m[2] == "=~" && err == nil {
			for value := range values[m[1]] {
				matched = matched || pattern.MatchString(value)
			}
		}
		if !matched {
			all = append(all, problemAt(entry, key,
				nearestOf(m[3], sortedKeys(values[m[1]]), "use one of "+strings.Join(sortedKeys(values[m[1]]), ", ")),
				"matches %s %s, which no alert has", m[1], m[3]))
		}
	}
	return all
}
