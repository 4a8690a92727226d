package consistency

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkSelectors wants whatever selects by labels to select something, and whatever refers to an object by its name to
// find it.
func checkSelectors(p *Project) []Finding {
	var all []Finding
	for _, r := range p.roots {
		for _, o := range r.objects {
			all = append(all, r.checkSelector(o)...)
			all = append(all, r.checkTargets(o)...)
		}
	}
	return all
}

func (r *root) checkSelector(o *object) []Finding {
	var all []Finding
	nothing := func(at *node, what string) {
		all = append(all, found(at, o.title()+", selector", "write the labels of the pods", "selects %s with %s, and there are none", what, labelText(at.texts())))
	}
	switch o.kind() {
	case "Deployment", "StatefulSet", "DaemonSet":
		at := o.at("spec", "selector", "matchLabels")
		if !selects(at.texts(), o.podLabels()) {
			all = append(all, found(at, o.title()+", selector", "write the same labels in both", "selects %s, but its pods have %s", labelText(at.texts()), labelText(o.podLabels())))
		}
		for constraint := range o.podSpec().at("topologySpreadConstraints").each() {
			if at := constraint.at("labelSelector", "matchLabels"); !selects(at.texts(), o.podLabels()) {
				all = append(all, found(constraint, o.title()+", topologySpreadConstraints", "write the labels of the pods", "counts pods with %s, but its pods have %s", labelText(at.texts()), labelText(o.podLabels())))
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

// labelsPods tells whether the pods of an overlay have labels with such keys. If none has, the policy is for pods that
// somebody else makes, such as those that answer the challenge for a certificate.
func (r *root) labelsPods(keys []string) bool {
	return slices.ContainsFunc(r.objects, func(o *object) bool {
		return slices.ContainsFunc(keys, func(key string) bool { _, ok := o.podLabels()[key]; return ok })
	})
}

// checkTargets looks at references by name.
func (r *root) checkTargets(o *object) []Finding {
	refer := func(kind string, name *node) []Finding {
		if name.str() == "" || r.find(kind, name.str()) != nil {
			return nil
		}
		return []Finding{found(name, o.title(), "write the name of one that is there", "refers to %s %s, which is not there", kind, name.str())}
	}
	switch o.kind() {
	case "HorizontalPodAutoscaler", "VerticalPodAutoscaler":
		target := o.at("spec", "scaleTargetRef")
		return append(refer(target.at("kind").str(), target.at("name")), r.checkReplicas(o)...)
	case "CronJob", "Job", "Deployment", "StatefulSet":
		var all []Finding
		for v := range o.podSpec().at("volumes").each() {
			all = append(all, refer("PersistentVolumeClaim", v.at("persistentVolumeClaim", "claimName"))...)
		}
		for _, c := range containersOf(o.podSpec()) {
			for m := range c.at("volumeMounts").each() {
				if !slices.ContainsFunc(o.podSpec().at("volumes").all(), func(v *node) bool { return v.at("name").str() == m.at("name").str() }) &&
					o.at("spec", "volumeClaimTemplates") == nil {
					all = append(all, found(m, o.title()+", container "+c.at("name").str(), "add the volume", "mounts volume %s, which the pod does not have", m.at("name").str()))
				}
			}
		}
		return all
	}
	return nil
}

// checkReplicas compares the limits of an autoscaler with the budget for disruptions: with no pod to spare, no node can be
// drained.
func (r *root) checkReplicas(hpa *object) []Finding {
	least, ok := hpa.at("spec", "minReplicas").int()
	target := r.find(hpa.at("spec", "scaleTargetRef", "kind").str(), hpa.at("spec", "scaleTargetRef", "name").str())
	if !ok || target == nil {
		return nil
	}
	var all []Finding
	for _, o := range r.objects {
		if o.kind() != "PodDisruptionBudget" || !selects(o.at("spec", "selector", "matchLabels").texts(), target.podLabels()) {
			continue
		}
		if available, ok := o.at("spec", "minAvailable").int(); ok && available >= least {
			all = append(all, found(o.at("spec", "minAvailable"), "PodDisruptionBudget "+o.name()+", minAvailable", "keep it below minReplicas",
				"is %d, but the autoscaler may leave %d pods: no node that has one can be drained", available, least))
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
