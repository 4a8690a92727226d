package consistency

import (
	"regexp"
	"slices"
	"strings"
)

// objectLabels maps the labels of kube-state-metrics and kubelet metrics that name an object to its kind.
var objectLabels = map[string]string{
	"deployment": "Deployment", "cronjob": "CronJob", "horizontalpodautoscaler": "HorizontalPodAutoscaler",
	"persistentvolumeclaim": "PersistentVolumeClaim", "statefulset": "StatefulSet", "poddisruptionbudget": "PodDisruptionBudget",
}

// checkSeriesLabels requires queries to select existing namespaces, and queries on cluster metrics to select existing
// objects. Without this rule, renaming an object would silence its alerts.
func checkSeriesLabels(p *Project) []Problem {
	if len(p.roots) == 0 {
		return nil
	}
	names := map[string]map[string]bool{"namespace": {}, "container": {}}
	for label := range objectLabels {
		names[label] = map[string]bool{}
	}
	for _, r := range p.roots {
		for _, o := range r.objects {
			if namespace := o.at("metadata", "namespace").str(); namespace != "" {
				names["namespace"][namespace] = true
			}
			for label, kind := range objectLabels {
				if o.kind() == kind {
					names[label][o.name()] = true
				}
			}
			for _, c := range containersOf(o.podSpec()) {
				names["container"][c.at("name").str()] = true
			}
		}
	}
	var all []Problem
	for _, q := range p.monitoring.queries {
		if !p.inNamespaces(q, names["namespace"]) {
			continue
		}
		labels := []string{"namespace"}
		if p.queriesCluster(q) {
			labels = sortedKeys(names)
		}
		add := func(label, value string) {
			all = append(all, problemInFile(q.file, q.line, q.key,
				nearestOf(value, sortedKeys(names[label]), "use one of "+strings.Join(sortedKeys(names[label]), ", ")),
				"selects %s %q, which no manifest has", label, value))
		}
		for _, label := range labels {
			for _, value := range q.matchers[label] {
				if value != "" && !strings.Contains(value, "$") && !names[label][value] && len(names[label]) > 0 {
					add(label, value)
				}
			}
			for _, pattern := range q.patterns[label] {
				if !matchesOne(pattern, names[label]) {
					add(label, pattern)
				}
			}
		}
	}
	return all
}

// inNamespaces reports whether a query is about the namespaces of this service. A namespace that only resembles them
// also counts, so that the rule reports it.
func (p *Project) inNamespaces(q namedQuery, namespaces map[string]bool) bool {
	for _, value := range slices.Concat(q.matchers["namespace"], q.patterns["namespace"]) {
		if !namespaces[value] && !matchesOne(value, namespaces) && !p.belongsToService(value) {
			return false
		}
	}
	return true
}

// queriesCluster reports whether a query uses metrics of kube-state-metrics, cAdvisor or kubelet volumes.
func (p *Project) queriesCluster(q namedQuery) bool {
	for _, name := range q.metrics {
		if strings.HasPrefix(name, "kube_") || strings.HasPrefix(name, "container_") || strings.HasPrefix(name, "kubelet_volume") {
			return true
		}
	}
	return false
}

func matchesOne(pattern string, names map[string]bool) bool {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil || len(names) == 0 || strings.Contains(pattern, "$") {
		return true // cannot be checked
	}
	for name := range names {
		if re.MatchString(name) {
			return true
		}
	}
	return false
}
