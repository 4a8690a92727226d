package features

import (
	"iter"
	"maps"
	"slices"
)

// Combinations yields every valid set of visible features, with the default of each choice. A valid set contains all
// requirements, and at most one provider of each capability. The order is fixed and starts with the empty set. n
// features have up to 2^n sets, so use it only in tests and in the recorder of the lock.
func (c *Catalog) Combinations() iter.Seq[Set] {
	return func(yield func(Set) bool) {
		visible := c.Visible()
		for mask := range uint64(1) << len(visible) {
			var names []string
			for i, f := range visible {
				if mask&(1<<i) != 0 {
					names = append(names, f.Name)
				}
			}
			set, err := c.Resolve(Selection{Features: names})
			if err != nil || len(set.visible) != len(names) {
				continue
			}
			if !yield(set) {
				return
			}
		}
	}
}

// AllSets yields every valid set: each combination, with each combination of values for its choices.
func (c *Catalog) AllSets() iter.Seq[Set] {
	return func(yield func(Set) bool) {
		for set := range c.Combinations() {
			if !c.yieldChoices(Selection{Features: set.visible}, yield) {
				return
			}
		}
	}
}

// yieldChoices yields the sets of the selection with each value of each open choice, recursively. It skips values that
// conflict with the selection.
func (c *Catalog) yieldChoices(sel Selection, yield func(Set) bool) bool {
	set, err := c.Resolve(sel)
	if err != nil {
		return true
	}
	for _, q := range set.questions {
		if _, chosen := sel.Choices[q.Flag]; q.Kind != KindChoice || chosen {
			continue
		}
		for _, choice := range q.Choices {
			next := Selection{Features: sel.Features, Choices: maps.Clone(sel.Choices)}
			if next.Choices == nil {
				next.Choices = map[string]string{}
			}
			next.Choices[q.Flag] = choice.Value
			if !c.yieldChoices(next, yield) {
				return false
			}
		}
		return true
	}
	return yield(set)
}

// ForbiddenTraces returns the words that must not occur in a project with this set: the traces of every feature and
// every pair that does not apply. It omits words that are also traces of a feature or pair that applies.
func (c *Catalog) ForbiddenTraces(s Set) []string {
	allowed, forbidden := map[string]bool{}, map[string]bool{}
	add := func(traces []string, applies bool) {
		for _, t := range traces {
			if applies {
				allowed[t] = true
			} else {
				forbidden[t] = true
			}
		}
	}
	for _, f := range c.features {
		add(f.Traces, s.Has(f.Name))
	}
	for _, p := range c.pairs {
		add(p.Traces, !slices.ContainsFunc(p.Features, func(name string) bool { return !s.Has(name) }))
	}
	for t := range allowed {
		delete(forbidden, t)
	}
	return sortedKeys(forbidden)
}
