package probe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/exporters"
	"github.com/acton-go/acton-new/internal/verify/monitoring"
)

// complete checks the rules, panels and documents. No rule and no query may fail. The service must export every metric
// that no known exporter has. A panel that uses only metrics of the service must not be empty.
func (p *prometheus) complete(s *script, except []string) error {
	if err := p.rulesWork(); err != nil {
		return err
	}
	var missing []string
	checkMetrics := func(q monitoring.Query, expr string) error {
		absent, err := p.absent(expr, except)
		for _, metric := range absent {
			missing = append(missing, fmt.Sprintf("%s: no target exports %s", q.Where, metric))
		}
		return err
	}
	for _, rule := range p.project.Rules() {
		if err := checkMetrics(rule, rule.Expr); err != nil {
			return fmt.Errorf("%s: %w", rule.Where, err)
		}
	}
	for _, named := range slices.Concat(p.project.Panels, p.project.Documents) {
		query := named.Expand(s.service.namespace())
		known := len(missing)
		if err := checkMetrics(named, query); err != nil {
			return fmt.Errorf("%s: %w", named.Where, err)
		}
		found, err := p.series(query)
		if err != nil {
			return fmt.Errorf("%s: %w", named.Where, err)
		}
		own, err := p.isOwn(query, except, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", named.Where, err)
		}
		// Queries in documents search for failures, so their results may be empty.
		panel := slices.Contains(p.project.Panels, named)
		if panel && own && len(found) == 0 && len(missing) == known {
			missing = append(missing, fmt.Sprintf("%s: the panel is empty: %s", named.Where, query))
		}
	}
	total := fmt.Sprintf("%d rules, %d panel queries and %d document queries", len(p.project.Rules()),
		len(p.project.Panels), len(p.project.Documents))
	if len(missing) > 0 {
		slices.Sort(missing)
		return unmetf("problems in %s:\n%s", total, strings.Join(slices.Compact(missing), "\n"))
	}
	s.printf("%s are complete\n", total)
	return nil
}

// rulesWork returns an error unless Prometheus has evaluated every rule successfully.
func (p *prometheus) rulesWork() error {
	var data struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []struct {
				Name      string `json:"name"`
				Health    string `json:"health"`
				LastError string `json:"lastError"`
			} `json:"rules"`
		} `json:"groups"`
	}
	if err := p.call("rules", nil, &data); err != nil {
		return err
	}
	for _, group := range data.Groups {
		for _, rule := range group.Rules {
			switch rule.Health {
			case "ok":
			case "unknown":
				return unmetf("%s: %s has not been evaluated yet", group.Name, rule.Name)
			default:
				return fmt.Errorf("%s: %s: %s", group.Name, rule.Name, rule.LastError)
			}
		}
	}
	return nil
}

// absent returns the metrics of an expression that no rule records, no known exporter has and no target exports.
func (p *prometheus) absent(expr string, except []string) ([]string, error) {
	metrics, err := monitoring.Metrics(expr)
	if err != nil {
		return nil, err
	}
	var absent []string
	for _, metric := range metrics {
		if _, ok := p.project.Recorded(metric); ok || slices.Contains(except, metric) {
			continue
		}
		if _, ok := exporters.Lookup(metric); ok {
			continue
		}
		found, err := p.series(fmt.Sprintf("count({__name__=%q})", metric))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			absent = append(absent, metric)
		}
	}
	return absent, nil
}

// isOwn reports whether an expression uses only metrics of the service, directly or through recording rules, and no
// offset.
func (p *prometheus) isOwn(expr string, except, seen []string) (bool, error) {
	offset, err := monitoring.HasOffset(expr)
	if offset || err != nil {
		return false, err
	}
	metrics, err := monitoring.Metrics(expr)
	if err != nil {
		return false, err
	}
	for _, metric := range metrics {
		if _, ok := exporters.Lookup(metric); ok && metric != "up" || slices.Contains(except, metric) {
			return false, nil
		}
		recorded, ok := p.project.Recorded(metric)
		if !ok || slices.Contains(seen, metric) {
			continue
		}
		if own, err := p.isOwn(recorded, except, append(seen, metric)); !own || err != nil {
			return false, err
		}
	}
	return true, nil
}
