package consistency

// checkAutoscalers requires a resource request for every resource that an autoscaler scales on, and no fixed number of
// replicas in the scaled workload. A memory target below GOMEMLIMIT adds pods without load.
func checkAutoscalers(p *Project) []Problem {
	var all []Problem
	for _, r := range p.roots {
		for _, hpa := range r.objects {
			if hpa.kind() != "HorizontalPodAutoscaler" {
				continue
			}
			target := r.find(hpa.at("spec", "scaleTargetRef", "kind").str(), hpa.at("spec", "scaleTargetRef", "name").str())
			if target == nil {
				continue // the rule selector reports it
			}
			if replicas := target.at("spec", "replicas"); replicas != nil {
				all = append(all, problemAt(replicas, target.title()+", replicas", "remove it",
					"is set, but %s scales the workload: every apply resets the number", hpa.title()))
			}
			for metric := range hpa.at("spec", "metrics").each() {
				name := metric.at("resource", "name")
				if metric.at("resource", "target", "type").str() != "Utilization" {
					continue
				}
				for c := range target.podSpec().at("containers").each() {
					request, requested := quantity(c.at("resources", "requests", name.str()).str())
					percent, _ := metric.at("resource", "target", "averageUtilization").int()
					if limit, ok := memoryLimitOf(c); ok && requested && name.str() == "memory" && float64(percent)/100*request < limit {
						all = append(all, problemAt(name, hpa.title(), "scale on cpu only",
							"adds pods above %.0f MiB of memory, but the garbage collector lets container %s grow up to its GOMEMLIMIT of %.0f MiB",
							float64(percent)/100*request/(1<<20), c.at("name").str(), limit/(1<<20)))
					}
					if c.at("resources", "requests", name.str()) == nil {
						all = append(all, problemAt(name, hpa.title(), "request "+name.str()+" in the container",
							"scales on the utilization of requested %s, but container %s requests none", name.str(), c.at("name").str()))
					}
				}
			}
		}
	}
	return all
}

// memoryLimitOf returns the GOMEMLIMIT of a container.
func memoryLimitOf(c *node) (float64, bool) {
	for variable := range c.at("env").each() {
		if variable.at("name").str() == "GOMEMLIMIT" {
			return bytesOf(variable.at("value").str())
		}
	}
	return 0, false
}
