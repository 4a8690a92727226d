package consistency

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkSelectors requires every label selector to match an object, and every reference by name to refer to an existing
// object.
func checkSelectors(p *Project) []Problem {
	var all []Problem
	for _, r := range p.roots {
		for _, o := range r.objects {
			all = append(all, r.checkSelector(o)...)
			all = append(all, r.checkTargets(o)...)
		}
	}
	return all
}

func (r *root) checkSelector(o *object) []Problem {
	var all []Problem
	nothing := func(at *node, what string) {
		all = append(all, problemAt(at, o.title()+", selector", "use the labels of the pods",
			"selects %s with %s, but there are none", what, labelText(at.texts())))
	}
	switch o.kind() {
	case "Deployment", "StatefulSet", "DaemonSet":
		at := o.at("spec", "selector", "matchLabels")
		if !selects(at.texts(), o.podLabels()) {
			all = append(all, problemAt(at, o.title()+", selector", "use the same labels in both",
				"selects %s, but its pods have %s", labelText(at.texts()), labelText(o.podLabels())))
		}
		for constraint := range o.podSpec().at("topologySpreadConstraints").each() {
			if at := constraint.at("labelSelector", "matchLabels"); !selects(at.texts(), o.podLabels()) {
				all = append(all, problemAt(constraint, o.title()+", topologySpreadConstraints", "use the labels of the pods",
					"selects %s, but its pods have %s", labelText(at.texts()), labelText(o.podLabels())))
			}
		}
	case "Service":
		if at := o.at("spec", "selector"); at != nil && !r.anyPod(at.texts()) {
			nothing(at, "pods")
		}
	case "PodDisruptionBudget", "PodMonitor":
		if at := o.at("spec", "selector", "matchLabels"); at != nil && !r.anyPod(at.texts()) {
			nothing(at, "pods")
		}
	case "NetworkPolicy":
		at := o.at("spec", "podSelector", "matchLabels")
		if at != nil && len(at.keys) > 0 && !r.anyPod(at.texts()) && r.labelsPods(at.keys) {
			nothing(at, "pods")
		}
	case "ServiceMonitor":
		at := o.at("spec", "selector", "matchLabels")
		if at != nil && !slices.ContainsFunc(r.objects, func(s *object) bool {
			return s.kind() == "Service" && selects(at.texts(), s.at("metadata", "labels").texts())
		}) {
			nothing(at, "Services")
		}
	}
	return all
}

func (r *root) anyPod(selector map[string]string) bool {
	return slices.ContainsFunc(r.objects, func(o *object) bool { return o.podSpec() != nil && selects(selector, o.podLabels()) })
}

// labelsPods reports whether any pod of an overlay has a label with one of these keys. If none has, the policy is for
// pods of another program, such as the ACME solver of cert-manager.
func (r *root) labelsPods(keys []string) bool {
	return slices.ContainsFunc(r.objects, func(o *object) bool {
		return slices.ContainsFunc(keys, func(key string) bool { _, ok := o.podLabels()[key]; return ok })
	})
}

// checkTargets checks references by name.
func (r *root) checkTargets(o *object) []Problem {
	refer := func(kind string, name *node) []Problem {
		if name.str() == "" || r.find(kind, name.str()) != nil {
			return nil
		}
		return []Problem{problemAt(name, o.title(), "use the name of an existing object",
			"refers to %s %s, which does not exist", kind, name.str())}
	}
	switch o.kind() {
	case "HorizontalPodAutoscaler", "VerticalPodAutoscaler":
		target := o.at("spec", "scaleTargetRef")
		return append(refer(target.at("kind").str(), target.at("name")), r.checkReplicas(o)...)
	case "CronJob", "Job", "Deployment", "StatefulSet":
		var all []Problem
		for v := range o.podSpec().at("volumes").each() {
			all = append(all, refer("PersistentVolumeClaim", v.at("persistentVolumeClaim", "claimName"))...)
		}
		for _, c := range containersOf(o.podSpec()) {
			for m := range c.at("volumeMounts").each() {
				if !slices.ContainsFunc(o.podSpec().at("volumes").all(), func(v *node) bool { return v.at("name").str() == m.at("name").str() }) &&
					o.at("spec", "volumeClaimTemplates") == nil {
					all = append(all, problemAt(m, o.title()+", container "+c.at("name").str(), "add the volume",
						"mounts volume %s, which the pod does not have", m.at("name").str()))
				}
			}
		}
		return all
	}
	return nil
}

// checkReplicas compares minReplicas of the autoscaler with the disruption budget. A budget that allows no evictions
// blocks node drains.
func (r *root) checkReplicas(hpa *object) []Problem {
	minReplicas, ok := hpa.at("spec", "minReplicas").int()
	target := r.find(hpa.at("spec", "scaleTargetRef", "kind").str(), hpa.at("spec", "scaleTargetRef", "name").str())
	if !ok || target == nil {
		return nil
	}
	var all []Problem
	for _, o := range r.objects {
		if o.kind() != "PodDisruptionBudget" || !selects(o.at("spec", "selector", "matchLabels").texts(), target.podLabels()) {
			continue
		}
		if available, ok := o.at("spec", "minAvailable").int(); ok && available >= minReplicas {
			all = append(all, problemAt(o.at("spec", "minAvailable"), "PodDisruptionBudget "+o.name()+", minAvailable",
				"keep it below minReplicas",
				"is %d, but minReplicas is %d: the budget blocks node drains", available, minReplicas))
		}
	}
	return all
}

func labelText(labels map[string]string) string {
	if len(labels) == 0 {
		return "no labels"
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, fmt.Sprintf("%s=%s", key, labels[key]))
	}
	return strings.Join(parts, ",")
}
