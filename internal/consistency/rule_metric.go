package consistency

import (
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/exporters"
	"github.com/acton-go/acton-new/internal/features"
)

// ownMetrics are those that Prometheus makes of each target and of its rules.
var ownMetrics = map[string]bool{
	"up": true, "scrape_duration_seconds": true, "scrape_samples_scraped": true, "scrape_samples_post_metric_relabeling": true,
	"scrape_series_added": true, "ALERTS": true, "ALERTS_FOR_STATE": true,
}

// checkMetrics wants every metric in a query to be one that somebody exports: the service, by its source, or a program on
// the list of exporters. A series with a colon in its name is recorded by a rule.
func checkMetrics(p *Project) []Finding {
	var all []Finding
	for _, q := range p.monitoring.queries {
		for _, name := range q.metrics {
			if strings.Contains(name, ":") {
				if p.monitoring.recorded[name] == nil {
					all = append(all, foundIn(q.file, q.line, q.key, nearestOf(name, sortedKeys(p.monitoring.recorded), "record it, or correct the name"),
						"asks for %s, which no rule records", name))
				}
				continue
			}
			if _, ok := exporters.Of(name); ok || ownMetrics[name] || p.golang.metrics[name] != "" {
				continue
			}
			near := features.Suggest(name, sortedKeys(p.golang.metrics))
			if near == "" && !p.isFamily(name) {
				continue // of an exporter of the team's, which only the team knows
			}
			all = append(all, foundIn(q.file, q.line, q.key, nearestOf(name, sortedKeys(p.golang.metrics), "register it in the service, or correct the name"),
				"asks for %s, which neither the service nor an exporter that is known shows", name))
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

func nearestOf(name string, known []string, otherwise string) string {
	if best := features.Suggest(name, known); best != "" {
		return "write " + best
	}
	return otherwise
}

// jobs are what Prometheus calls the service: the names of the Services that are scraped.
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

// checkJob wants rules that select the service to name it as Prometheus does: by the name of its Service.
func checkJob(p *Project) []Finding {
	jobs := p.jobs()
	if len(jobs) == 0 {
		return nil
	}
	var all []Finding
	for _, q := range p.monitoring.queries {
		for _, job := range q.matchers["job"] {
			// Other programs have jobs of their own; what shows metrics of the service is the service.
			if !jobs[job] && p.asksService(q) {
				all = append(all, foundIn(q.file, q.line, q.key, "write job=\""+sortedKeys(jobs)[0]+"\"",
					"selects job %q, but Prometheus calls the service after its Service, %s", job, strings.Join(sortedKeys(jobs), ", ")))
			}
		}
	}
	return all
}

func (p *Project) asksService(q namedQuery) bool {
	for _, name := range q.metrics {
		if p.golang.metrics[name] != "" || strings.Contains(name, ":") {
			return true
		}
	}
	return len(q.metrics) == 1 && q.metrics[0] == "up"
}
