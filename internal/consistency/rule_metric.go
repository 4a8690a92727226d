package consistency

import (
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/exporters"
	"github.com/acton-go/acton-new/internal/features"
)

// ownMetrics are the series that Prometheus creates for targets and rules.
var ownMetrics = map[string]bool{
	"up": true, "scrape_duration_seconds": true, "scrape_samples_scraped": true, "scrape_samples_post_metric_relabeling": true,
	"scrape_series_added": true, "ALERTS": true, "ALERTS_FOR_STATE": true,
}

// checkMetrics requires every metric in a query to be exported by the service or by a known exporter. A series with a
// colon in its name must have a recording rule.
func checkMetrics(p *Project) []Problem {
	var all []Problem
	for _, q := range p.monitoring.queries {
		for _, name := range q.metrics {
			if strings.Contains(name, ":") {
				if p.monitoring.recorded[name] == nil {
					all = append(all, problemInFile(q.file, q.line, q.key,
						nearestOf(name, sortedKeys(p.monitoring.recorded), "record it, or correct the name"),
						"queries %s, which no rule records", name))
				}
				continue
			}
			if _, ok := exporters.Lookup(name); ok || ownMetrics[name] || p.golang.metrics[name] != "" {
				continue
			}
			near := features.Suggest(name, sortedKeys(p.golang.metrics))
			if near == "" && !p.isFamily(name) {
				continue // a metric of an exporter that the team added
			}
			all = append(all, problemInFile(q.file, q.line, q.key,
				nearestOf(name, sortedKeys(p.golang.metrics), "register it in the service, or correct the name"),
				"queries %s, which neither the service nor a known exporter exports", name))
		}
	}
	return all
}

// isFamily reports whether a name begins like a metric of the service, of a library that services use, or of a known exporter.
func (p *Project) isFamily(name string) bool {
	first, _, _ := strings.Cut(name, "_")
	for metric := range p.golang.metrics {
		if strings.HasPrefix(metric, first+"_") {
			return true
		}
	}
	for _, metrics := range libraryMetrics {
		if slices.ContainsFunc(metrics, func(metric string) bool { return strings.HasPrefix(metric, first+"_") }) {
			return true
		}
	}
	for _, exporter := range exporters.All() {
		if slices.ContainsFunc(exporter.Metrics, func(metric string) bool { return strings.HasPrefix(metric, first+"_") }) {
			return true
		}
	}
	return false
}

// nearestOf suggests the known name that is most similar to a wrong one, or else the given fix.
func nearestOf(name string, known []string, otherwise string) string {
	if best := features.Suggest(name, known); best != "" {
		return "use " + best
	}
	return otherwise
}

// jobs returns the job labels of the service: the names of the Services that Prometheus scrapes.
func (p *Project) jobs() map[string]bool {
	jobs := map[string]bool{}
	for _, r := range p.roots {
		for _, monitor := range r.objects {
			if monitor.kind() != "ServiceMonitor" || monitor.at("spec", "jobLabel") != nil {
				continue
			}
			selector := monitor.at("spec", "selector", "matchLabels").texts()
			for _, o := range r.objects {
				if o.kind() == "Service" && selects(selector, o.at("metadata", "labels").texts()) {
					jobs[o.name()] = true
				}
			}
		}
	}
	return jobs
}

// checkJob requires queries about the service to use its job label, which is the name of its Service.
func checkJob(p *Project) []Problem {
	jobs := p.jobs()
	if len(jobs) == 0 {
		return nil
	}
	var all []Problem
	for _, q := range p.monitoring.queries {
		for _, job := range q.matchers["job"] {
			// Queries about other programs use other jobs.
			if !jobs[job] && p.queriesService(q) {
				all = append(all, problemInFile(q.file, q.line, q.key, "use job=\""+sortedKeys(jobs)[0]+"\"",
					"selects job %q, but Prometheus names the job after the Service, %s", job, strings.Join(sortedKeys(jobs), ", ")))
			}
		}
	}
	return all
}

func (p *Project) queriesService(q namedQuery) bool {
	for _, name := range q.metrics {
		if p.golang.metrics[name] != "" || strings.Contains(name, ":") {
			return true
		}
	}
	return len(q.metrics) == 1 && q.metrics[0] == "up"
}
