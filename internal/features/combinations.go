package features

import (
	"iter"
	"maps"
	"slices"
)

// Combinations yields every valid set of visible features with the default of each choice: closed under what is
// required, without two providers of one capability. The order is fixed; the empty selection comes first. There are up
// to 2^n of n features, so this is for tests and for recording.
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

// Every yields every valid set there is: each combination with each value of each choice that it asks for.
func (c *Catalog) Every() iter.Seq[Set] {
	return func(yield func(Set) bool) {
		for set := range c.Combinations() {
			if !c.choices(Selection{Features: set.visible}, yield) {
				return
			}
		}
	}
}

// choices yields the selection with each value of the first choice that it leaves open, and so on. A value that
// contradicts what is selected makes no set.
func (c *Catalog) choices(sel Selection, yield func(Set) bool) bool {
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
			if !c.choices(next, yield) {
				return false
			}
		}
		return true
	}
	return yield(set)
}

// Absent returns the words that must not occur in a project of this set: the traces of every feature that is not in it,
// and of every folder for several features of which one is not in it. A word that also a feature of the set has as its
// trace may occur.
func (c *Catalog) Absent(s Set) []string {
	present, absent := map[string]bool{}, map[string]bool{}
	note := func(traces []string, in bool) {
		for _, t := range traces {
			if in {
				present[t] = true
			} else {
				absent[t] = true
			}
		}
	}
	for _, f := range c.features {
		note(f.Traces, s.Has(f.Name))
	}
	for _, p := range c.pairs {
		note(p.Traces, !slices.ContainsFunc(p.Features, func(name string) bool { return !s.Has(name) }))
	}
	for t := range present {
		delete(absent, t)
	}
	return sortedKeys(absent)
}
