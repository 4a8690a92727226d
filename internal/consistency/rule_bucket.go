package consistency

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	constantVector  = regexp.MustCompile(`^vector\(\s*([0-9.]+)\s*\)$`)
	thresholdSeries = regexp.MustCompile(`^slo:(\w+?)_latency:threshold_seconds$`)
)

// checkBuckets wants a limit on durations to be an edge of a bucket of the histogram: requests can be counted on one side
// of an edge only, and between two of them nobody knows.
func checkBuckets(p *Project) []Finding {
	var all []Finding
	for _, q := range p.monitoring.queries {
		for _, metric := range q.metrics {
			name, ok := strings.CutSuffix(metric, "_bucket")
			edges := p.golang.buckets[name]
			if !ok || len(edges) == 0 {
				continue
			}
			for _, le := range q.matchers["le"] {
				if f := p.checkEdge(name, le, edges); f != "" {
					all = append(all, foundIn(q.file, q.line, q.key, "use one of the edges: "+edgesText(edges), "%s", f))
				}
			}
		}
	}
	for _, name := range sortedKeys(p.monitoring.recorded) {
		series := thresholdSeries.FindStringSubmatch(name)
		if series == nil {
			continue
		}
		histogram := series[1] + "_request_duration_seconds"
		edges, expr := p.golang.buckets[histogram], p.monitoring.recorded[name].at("expr")
		if m := constantVector.FindStringSubmatch(strings.TrimSpace(expr.str())); m != nil && len(edges) > 0 {
			if f := p.checkEdge(histogram, m[1], edges); f != "" {
				all = append(all, found(expr, name, "use one of the edges: "+edgesText(edges), "%s", f))
			}
		}
	}
	return all
}

func (p *Project) checkEdge(histogram, le string, edges []float64) string {
	value, err := strconv.ParseFloat(le, 64)
	if err != nil || slices.Contains(edges, value) || le == "+Inf" {
		return ""
	}
	return le + " is no edge of a bucket of " + histogram + ": nobody can count what is on one side of it"
}

func edgesText(edges []float64) string {
	var parts []string
	for _, e := range edges {
		parts = append(parts, strconv.FormatFloat(e, 'g', -1, 64))
	}
	return strings.Join(parts, " ")
}
