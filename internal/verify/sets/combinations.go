// Package sets lists the sets of features to verify: every combination, a sample of them, or a pairwise cover.
package sets

import (
	"iter"
	"maps"
	"slices"

	"github.com/acton-go/acton-new/internal/features"
)

// Combinations yields every valid set of visible features, with the default of each choice. A valid set contains all
// requirements, and at most one provider of each capability. The order is fixed and starts with the empty set. n
// features have up to 2^n sets.
func Combinations(c *features.Catalog) iter.Seq[features.Set] {
	return func(yield func(features.Set) bool) {
		visible := c.Visible()
		for mask := range uint64(1) << len(visible) {
			var names []string
			for i, f := range visible {
				if mask&(1<<i) != 0 {
					names = append(names, f.Name)
				}
			}
			set, err := c.Resolve(features.Selection{Features: names})
			if err != nil || len(set.Features()) != len(names) {
				continue
			}
			if !yield(set) {
				return
			}
		}
	}
}

// All yields every valid set: each combination, with each combination of values for its choices.
func All(c *features.Catalog) iter.Seq[features.Set] {
	return func(yield func(features.Set) bool) {
		for set := range Combinations(c) {
			if !yieldChoices(c, features.Selection{Features: set.Features()}, yield) {
				return
			}
		}
	}
}

// yieldChoices yields the sets of the selection with each value of each open choice, recursively. It skips values that
// conflict with the selection.
func yieldChoices(c *features.Catalog, sel features.Selection, yield func(features.Set) bool) bool {
	set, err := c.Resolve(sel)
	if err != nil {
		return true
	}
	for _, q := range set.Questions() {
		if _, chosen := sel.Choices[q.Flag]; q.Kind != features.KindChoice || chosen {
			continue
		}
		for _, choice := range q.Choices {
			next := features.Selection{Features: sel.Features, Choices: maps.Clone(sel.Choices)}
			if next.Choices == nil {
				next.Choices = map[string]string{}
			}
			next.Choices[q.Flag] = choice.Value
			if !yieldChoices(c, next, yield) {
				return false
			}
		}
		return true
	}
	return yield(set)
}

// ForbiddenTraces returns the words that must not occur in a project with this set: the traces of every feature and
// every pair that does not apply. It omits words that are also traces of a feature or pair that applies. A word with the
// value false may occur in Go, because it is a trace of a choice, and a choice changes no Go that the service links.
func ForbiddenTraces(c *features.Catalog, s features.Set) map[string]bool {
	allowed, forbidden := map[string]bool{}, map[string]bool{}
	add := func(traces []string, applies, inGo bool) {
		for _, t := range traces {
			if applies {
				allowed[t] = true
			} else {
				forbidden[t] = forbidden[t] || inGo
			}
		}
	}
	for _, f := range c.All() {
		_, _, choice := c.ChoiceOf(f.Name)
		add(f.Traces, s.Has(f.Name), !choice)
	}
	for _, p := range c.Pairs() {
		add(p.Traces, !slices.ContainsFunc(p.Features, func(name string) bool { return !s.Has(name) }), true)
	}
	for t := range allowed {
		delete(forbidden, t)
	}
	return forbidden
}
