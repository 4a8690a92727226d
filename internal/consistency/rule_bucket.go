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

// checkBuckets requires every latency threshold to be a bucket boundary of its histogram. A histogram can count
// requests only up to a boundary.
func checkBuckets(p *Project) []Problem {
	var all []Problem
	for _, q := range p.monitoring.queries {
		for _, metric := range q.metrics {
			name, ok := strings.CutSuffix(metric, "_bucket")
			boundaries := p.golang.buckets[name]
			if !ok || len(boundaries) == 0 {
				continue
			}
			for _, le := range q.matchers["le"] {
				if f := p.checkBoundary(name, le, boundaries); f != "" {
					all = append(all,
						problemInFile(q.file, q.line, q.key, "use one of the boundaries: "+formatBoundaries(boundaries), "%s", f))
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
		boundaries, expr := p.golang.buckets[histogram], p.monitoring.recorded[name].at("expr")
		if m := constantVector.FindStringSubmatch(strings.TrimSpace(expr.str())); m != nil && len(boundaries) > 0 {
			if f := p.checkBoundary(histogram, m[1], boundaries); f != "" {
				all = append(all, problemAt(expr, name, "use one of the boundaries: "+formatBoundaries(boundaries), "%s", f))
			}
		}
	}
	return all
}

func (p *Project) checkBoundary(histogram, le string, boundaries []float64) string {
	value, err := strconv.ParseFloat(le, 64)
	if err != nil || slices.Contains(boundaries, value) || le == "+Inf" {
		return ""
	}
	return le + " is not a bucket boundary of " + histogram + ", so requests below it cannot be counted"
}

func formatBoundaries(boundaries []float64) string {
	var parts []string
	for _, e := range boundaries {
		parts = append(parts, strconv.FormatFloat(e, 'g', -1, 64))
	}
	return strings.Join(parts, " ")
}
