package consistency

import (
	"regexp"
	"slices"
	"strings"
)

// objectLabels are the labels of kube-state-metrics and of the kubelet that name an object, by its kind.
var objectLabels = map[string]string{
	"deployment": "Deployment", "cronjob": "CronJob", "horizontalpodautoscaler": "HorizontalPodAutoscaler",
	"persistentvolumeclaim": "PersistentVolumeClaim", "statefulset": "StatefulSet", "poddisruptionbudget": "PodDisruptionBudget",
}

// checkSeriesLabels wants queries that select what the cluster tells of an object to name one that there is: renamed, it
// would never again be alerted on.
func checkSeriesLabels(p *Project) []Finding {
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
	var all []Finding
	for _, q := range p.monitoring.queries {
		if !p.asksCluster(q) || !p.isInside(q, names["namespace"]) {
			continue
		}
		add := func(label, value string) {
			all = append(all, foundIn(q.file, q.line, q.key, nearestOf(value, sortedKeys(names[label]), "use one of "+strings.Join(sortedKeys(names[label]), ", ")),
				"selects %s %q, and the manifests have none such", label, value))
		}
		for _, label := range sortedKeys(names) {
			for _, value := range q.matchers[label] {
				if value != "" && !names[label][value] && len(names[label]) > 0 {
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

// isInside tells whether a query is about the namespaces of this service. One that looks like theirs, but is none of them, is
// for the rule to find.
func (p *Project) isInside(q namedQuery, namespaces map[string]bool) bool {
	for _, value := range slices.Concat(q.matchers["namespace"], q.patterns["namespace"]) {
		if !namespaces[value] && !matchesOne(value, namespaces) && !p.isOurs(value) {
			return false
		}
	}
	return true
}

// asksCluster tells whether a query asks what only the cluster knows of this service's objects.
func (p *Project) asksCluster(q namedQuery) bool {
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
		return true // not for here to judge
	}
	for name := range names {
		if re.MatchString(name) {
			return true
		}
	}
	return false
}
