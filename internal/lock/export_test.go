package lock

import (
	"fmt"
	"slices"
)

// Rules returns the names of the steps of Compute.
func Rules() []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// ComputeWithout is Compute without one rule. It also omits the check, because the result is wrong on purpose.
func (l *Lock) ComputeWithout(p *Imports, rule string) (Files, error) {
	if !slices.Contains(Rules(), rule) {
		return Files{}, fmt.Errorf("unknown rule %q", rule)
	}
	c := newComputation(l, p)
	for _, r := range rules {
		if r.name == rule || r.name == "check" {
			continue
		}
		if err := r.apply(c); err != nil {
			return Files{}, err
		}
	}
	return c.files()
}

// PruneAll marks every go.mod as pruned, as with Go 1.17 or newer.
func (l *Lock) PruneAll() {
	for _, m := range l.modules {
		m.pruned = true
	}
}
