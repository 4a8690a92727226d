package consistency

// checkAutoscalers wants an autoscaler to be able to do its work: what it measures is requested, and the number of pods is
// left to it.
func checkAutoscalers(p *Project) []Finding {
	var all []Finding
	for _, r := range p.roots {
		for _, hpa := range r.objects {
			if hpa.kind() != "HorizontalPodAutoscaler" {
				continue
			}
			target := r.find(hpa.at("spec", "scaleTargetRef", "kind").str(), hpa.at("spec", "scaleTargetRef", "name").str())
			if target == nil {
				continue // which is found by its reference
			}
			if replicas := target.at("spec", "replicas"); replicas != nil {
				all = append(all, found(replicas, target.title()+", replicas", "remove it", "is written down, but %s decides: each apply would reset the number", hpa.title()))
			}
			for metric := range hpa.at("spec", "metrics").each() {
				name := metric.at("resource", "name")
				if metric.at("resource", "target", "type").str() != "Utilization" {
					continue
				}
				for c := range target.podSpec().at("containers").each() {
					if c.at("resources", "requests", name.str()) == nil {
						all = append(all, found(name, hpa.title(), "request "+name.str()+" in the container", "scales by a share of the %s that is requested, but container %s requests none", name.str(), c.at("name").str()))
					}
				}
			}
		}
	}
	return all
}
