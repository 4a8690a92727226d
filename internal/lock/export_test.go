package lock

import (
	"fmt"
	"slices"
)

// Rules returns the names of the steps of a Compute that can be left out.
func Rules() []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// ComputeWithout is Compute with one rule less. It does not check the result, which is wrong by intention.
func (l *Lock) ComputeWithout(p *Imports, rule string) (Files, error) {
	if !slices.Contains(Rules(), rule) {
		return Files{}, fmt.Errorf("there is no rule %q", rule)
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

// PruneAll makes every go.mod look as if it was of Go 1.17 or newer.
func (l *Lock) PruneAll() {
	for _, m := range l.modules {
		m.pruned = true
	}
}
