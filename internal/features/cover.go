package features

import (
	"cmp"
	"slices"
)

// TestSets returns the sets that are built, tested and booted: the empty set, each visible feature alone, each value of
// a choice alone, all features together, and the pairwise cover. It omits all features together if two of them
// conflict.
func (c *Catalog) TestSets() []Set {
	none, err := c.Resolve(Selection{})
	if err != nil {
		return nil
	}
	selections := []Selection{{}}
	full := Selection{}
	for _, f := range c.Visible() {
		alone := Selection{Features: []string{f.Name}}
		selections = append(selections, alone)
		full.Features = append(full.Features, f.Name)
		if set, err := c.Resolve(alone); err == nil {
			selections = append(selections, choicesOf(set, func(q Question) bool { return q.Feature != "" })...)
		}
	}
	selections = append(selections, choicesOf(none, func(Question) bool { return true })...)
	selections = append(selections, full)

	var sets []Set
	seen := map[string]bool{}
	add := func(set Set) {
		if !seen[set.Name()] {
			seen[set.Name()] = true
			sets = append(sets, set)
		}
	}
	for _, sel := range selections {
		if set, err := c.Resolve(sel); err == nil {
			add(set)
		}
	}
	for _, set := range c.Cover() {
		add(set)
	}
	return sets
}

// choicesOf returns a selection of the set for each value of each choice that the filter accepts.
func choicesOf(set Set, filter func(Question) bool) []Selection {
	var selections []Selection
	for _, q := range set.questions {
		if !filter(q) {
			continue
		}
		for _, choice := range q.Choices {
			selections = append(selections, Selection{Features: set.visible, Choices: map[string]string{q.Flag: choice.Value}})
		}
	}
	return selections
}

// literal is a property of a set: a feature is on or off, or a choice has a value.
type literal struct {
	flag    string // flag of the choice; empty for a feature
	feature string // name of the feature; empty for a choice
	value   string // "on" or "off" for a feature, else the value of the choice
}

// literalPair holds two literals of a set, in the order of compareLiterals. Both may be the same: a catalog with one
// feature has two sets, but no pair of different literals.
type literalPair [2]literal

func compareLiterals(a, b literal) int {
	return cmp.Or(cmp.Compare(a.flag, b.flag), cmp.Compare(a.feature, b.feature), cmp.Compare(a.value, b.value))
}

func pairsOf(literals []literal) []literalPair {
	pairs := make([]literalPair, 0, len(literals)*(len(literals)+1)/2)
	for i, first := range literals {
		for _, second := range literals[i:] {
			pairs = append(pairs, literalPair{first, second})
		}
	}
	return pairs
}

// Cover returns a small pairwise cover: every two literals that can occur together occur together in one of the sets.
// So an error that depends on two features or choices occurs in one of the sets. The result is deterministic.
func (c *Catalog) Cover() []Set {
	cov := newCoverer(c)
	var cover []Set
	for len(cov.uncovered) > 0 {
		set := cov.next()
		for _, p := range cov.pairs(set) {
			delete(cov.uncovered, p)
		}
		cover = append(cover, set)
	}
	return cover
}

// coverer is the state of one call of Cover.
type coverer struct {
	catalog   *Catalog
	visible   []string
	sets      []Set     // every combination, with the default of each choice
	choices   []literal // every value of every choice
	order     []literalPair
	uncovered map[literalPair]bool
}

func newCoverer(c *Catalog) *coverer {
	cov := &coverer{catalog: c, sets: slices.Collect(c.Combinations()), uncovered: map[literalPair]bool{}}
	for _, f := range c.Visible() {
		cov.visible = append(cov.visible, f.Name)
	}
	for _, f := range append([]Feature{c.base}, c.All()...) {
		for _, q := range f.Questions {
			for _, choice := range q.Choices {
				cov.choices = append(cov.choices, literal{flag: q.Flag, value: choice.Value})
			}
		}
	}
	cov.findPairs()
	return cov
}

// findPairs adds every pair that occurs in a set to uncovered.
func (cov *coverer) findPairs() {
	add := func(set Set) {
		for _, p := range cov.pairs(set) {
			if !cov.uncovered[p] {
				cov.uncovered[p] = true
				cov.order = append(cov.order, p)
			}
		}
	}
	for _, set := range cov.sets {
		add(set)
	}
	for i, first := range cov.choices {
		for _, set := range cov.with(first) {
			add(set)
		}
		for _, second := range cov.choices[i+1:] {
			if second.flag == first.flag {
				continue
			}
			if set, ok := cov.firstWith(first, second); ok {
				add(set)
			}
		}
	}
	slices.SortFunc(cov.order, func(a, b literalPair) int {
		return cmp.Or(compareLiterals(a[0], b[0]), compareLiterals(a[1], b[1]))
	})
}

// with returns every combination with the given values, except those that conflict with them.
func (cov *coverer) with(values ...literal) []Set {
	if len(values) == 0 {
		return cov.sets
	}
	var sets []Set
	for _, set := range cov.sets {
		if s, err := cov.choose(set, values...); err == nil {
			sets = append(sets, s)
		}
	}
	return sets
}

func (cov *coverer) firstWith(values ...literal) (Set, bool) {
	for _, set := range cov.sets {
		if s, err := cov.choose(set, values...); err == nil {
			return s, true
		}
	}
	return Set{}, false
}

// choose returns the set with other values of its choices. A value may add features.
func (cov *coverer) choose(set Set, values ...literal) (Set, error) {
	choices := map[string]string{}
	for _, v := range values {
		choices[v.flag] = v.value
	}
	return cov.catalog.Resolve(Selection{Features: set.visible, Choices: choices})
}

// next returns the set that contains the first uncovered pair and covers most other uncovered pairs.
func (cov *coverer) next() Set {
	cov.order = slices.DeleteFunc(cov.order, func(p literalPair) bool { return !cov.uncovered[p] })
	seed := cov.order[0]
	var fixed []literal
	for _, l := range seed {
		if l.flag != "" {
			fixed = append(fixed, l)
		}
	}
	var best Set
	bestGain := 0
	for _, set := range cov.with(fixed...) {
		if !slices.Contains(cov.pairs(set), seed) {
			continue
		}
		if gain := cov.gain(set); gain > bestGain {
			best, bestGain = set, gain
		}
	}
	return cov.improve(best, bestGain, fixed)
}

// improve sets each choice that is not fixed to the value with the greatest gain.
func (cov *coverer) improve(best Set, bestGain int, fixed []literal) Set {
	for _, v := range cov.choices {
		if slices.ContainsFunc(fixed, func(l literal) bool { return l.flag == v.flag }) {
			continue
		}
		values := best.Choices()
		values[v.flag] = v.value
		set, err := cov.catalog.Resolve(Selection{Features: best.visible, Choices: values})
		if err != nil || !slices.Equal(set.visible, best.visible) {
			continue
		}
		if gain := cov.gain(set); gain > bestGain {
			best, bestGain = set, gain
		}
	}
	return best
}

// gain returns the number of uncovered pairs in the set.
func (cov *coverer) gain(set Set) int {
	n := 0
	for _, p := range cov.pairs(set) {
		if cov.uncovered[p] {
			n++
		}
	}
	return n
}

// pairs returns every pair of literals of the set.
func (cov *coverer) pairs(set Set) []literalPair {
	literals := make([]literal, 0, len(cov.visible)+len(set.choices))
	for _, name := range cov.visible {
		value := "off"
		if slices.Contains(set.visible, name) {
			value = "on"
		}
		literals = append(literals, literal{feature: name, value: value})
	}
	for _, flag := range sortedKeys(set.choices) {
		literals = append(literals, literal{flag: flag, value: set.choices[flag]})
	}
	return pairsOf(literals)
}
