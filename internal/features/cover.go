package features

import (
	"cmp"
	"slices"
)

// Tried returns the sets that are worth a process of their own: to be built, tested and booted. They are nothing, each
// visible feature alone, each value of a choice alone, everything, and the pairwise cover. Everything is left out where
// two features exclude each other.
func (c *Catalog) Tried() []Set {
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

	var tried []Set
	seen := map[string]bool{}
	add := func(set Set) {
		if !seen[set.Name()] {
			seen[set.Name()] = true
			tried = append(tried, set)
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
	return tried
}

// choicesOf returns, for each choice that the set asks and which counts, a selection of the set with each of its values.
func choicesOf(set Set, counts func(Question) bool) []Selection {
	var selections []Selection
	for _, q := range set.questions {
		if !counts(q) {
			continue
		}
		for _, choice := range q.Choices {
			selections = append(selections, Selection{Features: set.visible, Choices: map[string]string{q.Flag: choice.Value}})
		}
	}
	return selections
}

// literal is one thing that holds of a set: a feature is in it, a feature is not, or a choice has a value.
type literal struct {
	flag    string // of a choice, else empty
	feature string // else its name
	value   string // "on" or "off", or that of the choice
}

// pairOf is two literals that hold of one set, in the order of compareLiterals, or the same one twice: a catalog with one
// feature has no pair, and yet two sets.
type pairOf [2]literal

func compareLiterals(a, b literal) int {
	return cmp.Or(cmp.Compare(a.flag, b.flag), cmp.Compare(a.feature, b.feature), cmp.Compare(a.value, b.value))
}

func pairsOf(literals []literal) []pairOf {
	pairs := make([]pairOf, 0, len(literals)*(len(literals)+1)/2)
	for i, first := range literals {
		for _, second := range literals[i:] {
			pairs = append(pairs, pairOf{first, second})
		}
	}
	return pairs
}

// Cover returns a few sets in which every two literals that are ever together are together: every pair of features with
// both, either and none of them, and every value of every choice with each of these and with every value of another. What
// goes wrong between two features goes wrong in one of them. The sets, and their order, follow from the catalog.
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
	sets      []Set // every combination, with the default of each choice
	choices   []literal
	order     []pairOf // the pairs that are ever together
	uncovered map[pairOf]bool
}

func newCoverer(c *Catalog) *coverer {
	cov := &coverer{catalog: c, sets: slices.Collect(c.Combinations()), uncovered: map[pairOf]bool{}}
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

// findPairs finds out which pairs are ever together, by a set that has them.
func (cov *coverer) findPairs() {
	note := func(set Set) {
		for _, p := range cov.pairs(set) {
			if !cov.uncovered[p] {
				cov.uncovered[p] = true
				cov.order = append(cov.order, p)
			}
		}
	}
	for _, set := range cov.sets {
		note(set)
	}
	for i, first := range cov.choices {
		for _, set := range cov.with(first) {
			note(set)
		}
		for _, second := range cov.choices[i+1:] {
			if second.flag == first.flag {
				continue
			}
			if set, ok := cov.firstWith(first, second); ok {
				note(set)
			}
		}
	}
	slices.SortFunc(cov.order, func(a, b pairOf) int {
		return cmp.Or(compareLiterals(a[0], b[0]), compareLiterals(a[1], b[1]))
	})
}

// with returns a set for each combination that can have the values.
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

// choose returns the set with other values of choices. The values may bring features of their own.
func (cov *coverer) choose(set Set, values ...literal) (Set, error) {
	choices := map[string]string{}
	for _, v := range values {
		choices[v.flag] = v.value
	}
	return cov.catalog.Resolve(Selection{Features: set.visible, Choices: choices})
}

// next returns the set that covers most of what is not covered yet, and at any rate the first pair of it.
func (cov *coverer) next() Set {
	cov.order = slices.DeleteFunc(cov.order, func(p pairOf) bool { return !cov.uncovered[p] })
	seed := cov.order[0]
	var fixed []literal
	for _, l := range seed {
		if l.flag != "" {
			fixed = append(fixed, l)
		}
	}
	var best Set
	most := 0
	for _, set := range cov.with(fixed...) {
		if !slices.Contains(cov.pairs(set), seed) {
			continue
		}
		if gain := cov.gain(set); gain > most {
			best, most = set, gain
		}
	}
	return cov.improve(best, most, fixed)
}

// improve gives each choice that is not fixed the value that covers most.
func (cov *coverer) improve(best Set, most int, fixed []literal) Set {
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
		if gain := cov.gain(set); gain > most {
			best, most = set, gain
		}
	}
	return best
}

// gain counts the pairs of the set that are not covered yet.
func (cov *coverer) gain(set Set) int {
	n := 0
	for _, p := range cov.pairs(set) {
		if cov.uncovered[p] {
			n++
		}
	}
	return n
}

// pairs returns every pair of literals that hold of a set.
func (cov *coverer) pairs(set Set) []pairOf {
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
