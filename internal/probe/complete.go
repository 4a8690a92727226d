package probe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/exporters"
	"github.com/acton-go/acton-new/internal/monitoring"
)

// complete tells whether everything that rules, panels and documents name is there: no rule and no query fails, each metric that
// no exporter has is one of the service, and a panel over such metrics shows something.
func (p *prometheus) complete(s *script, but []string) error {
	if err := p.rulesWork(); err != nil {
		return err
	}
	var missing []string
	names := func(q monitoring.Query, expr string) error {
		absent, err := p.absent(expr, but)
		for _, metric := range absent {
			missing = append(missing, fmt.Sprintf("%s: nobody exports %s", q.Where, metric))
		}
		return err
	}
	for _, rule := range p.project.Rules() {
		if err := names(rule, rule.Expr); err != nil {
			return fmt.Errorf("%s: %w", rule.Where, err)
		}
	}
	for _, question := range slices.Concat(p.project.Panels, p.project.Documents) {
		query := question.Filled(s.service.namespace())
		known := len(missing)
		if err := names(question, query); err != nil {
			return fmt.Errorf("%s: %w", question.Where, err)
		}
		found, err := p.series(query)
		if err != nil {
			return fmt.Errorf("%s: %w", question.Where, err)
		}
		own, err := p.isOwn(query, but, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", question.Where, err)
		}
		// A document asks for what is wrong, a panel shows what is.
		panel := slices.Contains(p.project.Panels, question)
		if panel && own && len(found) == 0 && len(missing) == known {
			missing = append(missing, fmt.Sprintf("%s: the panel is empty: %s", question.Where, query))
		}
	}
	total := fmt.Sprintf("%d rules, %d queries of panels and %d of documents", len(p.project.Rules()), len(p.project.Panels), len(p.project.Documents))
	if len(missing) > 0 {
		slices.Sort(missing)
		return unmetf("of %s:\n%s", total, strings.Join(slices.Compact(missing), "\n"))
	}
	s.printf("%s find what they name\n", total)
	return nil
}

// rulesWork tells whether Prometheus could evaluate each rule.
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
	if err := p.ask("rules", nil, &data); err != nil {
		return err
	}
	for _, group := range data.Groups {
		for _, rule := range group.Rules {
			switch rule.Health {
			case "ok":
			case "unknown":
				return unmetf("%s: %s was not evaluated yet", group.Name, rule.Name)
			default:
				return fmt.Errorf("%s: %s: %s", group.Name, rule.Name, rule.LastError)
			}
		}
	}
	return nil
}

// absent returns the metrics of an expression that are neither recorded, nor those of an exporter, nor there.
func (p *prometheus) absent(expr string, but []string) ([]string, error) {
	metrics, err := monitoring.Metrics(expr)
	if err != nil {
		return nil, err
	}
	var absent []string
	for _, metric := range metrics {
		if _, ok := p.project.Recorded(metric); ok || slices.Contains(but, metric) {
			continue
		}
		if _, ok := exporters.Of(metric); ok {
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

// isOwn tells whether all that an expression reads, through recorded series too, comes from the service, and from today.
func (p *prometheus) isOwn(expr string, but, seen []string) (bool, error) {
	back, err := monitoring.LooksBack(expr)
	if back || err != nil {
		return false, err
	}
	metrics, err := monitoring.Metrics(expr)
	if err != nil {
		return false, err
	}
	for _, metric := range metrics {
		if _, ok := exporters.Of(metric); ok && metric != "up" || slices.Contains(but, metric) {
			return false, nil
		}
		recorded, ok := p.project.Recorded(metric)
		if !ok || slices.Contains(seen, metric) {
			continue
		}
		if own, err := p.isOwn(recorded, but, append(seen, metric)); !own || err != nil {
			return false, err
		}
	}
	return true, nil
}
