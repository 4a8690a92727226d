package sets

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
)

// Tried returns the sets whose manifests and workflows are tried: the empty set, each visible feature alone, each value of
// a choice alone, the presets that answer choices, all features together, and the pairwise cover. It omits all features
// together if two of them conflict.
func Tried(c *features.Catalog) []features.Set { return distinct(append(single(c), Cover(c)...)) }

// Booted returns the sets that are built, tested and booted: those of Tried, with the default choices in the pairwise
// cover, because a choice does not change the program.
func Booted(c *features.Catalog) []features.Set {
	all := single(c)
	for _, covered := range Cover(c) {
		if set, err := c.Resolve(features.Selection{Features: covered.Features()}); err == nil {
			all = append(all, set)
		}
	}
	return distinct(all)
}

// single returns the sets of Tried without the cover.
func single(c *features.Catalog) []features.Set {
	none, err := c.Resolve(features.Selection{})
	if err != nil {
		return nil
	}
	asked := map[string]bool{} // questions without any feature
	for _, q := range none.Questions() {
		asked[q.Flag] = true
	}
	selections := []features.Selection{{}}
	full := features.Selection{}
	for _, f := range c.Visible() {
		alone := features.Selection{Features: []string{f.Name}}
		selections = append(selections, alone)
		full.Features = append(full.Features, f.Name)
		if set, err := c.Resolve(alone); err == nil {
			selections = append(selections, choicesOf(set, func(q features.Question) bool { return !asked[q.Flag] })...)
		}
	}
	selections = append(selections, choicesOf(none, func(features.Question) bool { return true })...)
	for _, p := range c.Presets() {
		if len(p.Choices) > 0 {
			selections = append(selections, features.Selection{Features: p.Features, Choices: p.Choices})
		}
	}
	selections = append(selections, full)

	var sets []features.Set
	for _, sel := range selections {
		if set, err := c.Resolve(sel); err == nil {
			sets = append(sets, set)
		}
	}
	return sets
}

// distinct returns the sets without those that occur before.
func distinct(all []features.Set) []features.Set {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(s features.Set) bool {
		again := seen[s.Name()]
		seen[s.Name()] = true
		return again
	})
}

// choicesOf returns a selection of the set for each value of each choice that the filter accepts.
func choicesOf(set features.Set, filter func(features.Question) bool) []features.Selection {
	var selections []features.Selection
	for _, q := range set.Questions() {
		if !filter(q) {
			continue
		}
		for _, choice := range q.Choices {
			selections = append(selections, features.Selection{Features: set.Features(), Choices: map[string]string{q.Flag: choice.Value}})
		}
	}
	return selections
}

// property is what a set has: a feature that is on or off, or the value of a choice.
type property struct {
	flag    string // flag of the choice; empty for a feature
	feature string // name of the feature; for a choice, the feature that asks it
	value   string // "on" or "off" for a feature, else the value of the choice
}

// pair holds two properties of a set, in the order of compare. Both may be the same: a catalog with one feature has two
// sets, but no pair of different properties.
type pair [2]property

func compare(a, b property) int {
	return cmp.Or(cmp.Compare(a.flag, b.flag), cmp.Compare(a.feature, b.feature), cmp.Compare(a.value, b.value))
}

// Cover returns a small pairwise cover: every two properties that can occur together occur together in one of the sets.
// So an error that depends on two features or choices occurs in one of the sets. The result is the same in each run.
// Its cost grows with the square of the number of features, because it does not enumerate the sets.
func Cover(c *features.Catalog) []features.Set {
	cov := &coverer{catalog: c, random: rand.New(rand.NewPCG(1, 2))}
	for _, f := range c.Visible() {
		cov.visible = append(cov.visible, f.Name)
		for _, value := range []string{"off", "on"} {
			cov.properties = append(cov.properties, property{feature: f.Name, value: value})
		}
	}
	for _, q := range c.Questions() {
		for _, choice := range q.Choices {
			cov.properties = append(cov.properties, property{flag: q.Flag, feature: q.Feature, value: choice.Value})
		}
	}
	slices.SortFunc(cov.properties, compare)
	cov.findPairs()
	var cover []features.Set
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
	catalog    *features.Catalog
	random     *rand.Rand
	visible    []string
	properties []property // sorted
	order      []pair
	uncovered  map[pair]bool
}

// findPairs adds every pair that occurs in a set to uncovered. The smallest set that a pair needs decides: features only
// add requirements and conflicts, so a larger set cannot be valid if this one is not.
func (cov *coverer) findPairs() {
	cov.uncovered = map[pair]bool{}
	for i, first := range cov.properties {
		for _, second := range cov.properties[i:] {
			p := pair{first, second}
			if _, ok := cov.resolve(cov.smallest(p), p); ok {
				cov.uncovered[p] = true
				cov.order = append(cov.order, p)
			}
		}
	}
}

// smallest returns the selection that has only what the pair needs.
func (cov *coverer) smallest(p pair) features.Selection {
	sel := features.Selection{Choices: map[string]string{}}
	for _, property := range p {
		switch {
		case property.flag != "":
			sel.Choices[property.flag] = property.value
			cov.ask(property.feature, &sel)
		case property.value == "on":
			sel.Features = append(sel.Features, property.feature)
		}
	}
	return sel
}

// ask adds a feature or pair that asks a question to the selection: by its name, or by the value of the choice that selects
// it.
func (cov *coverer) ask(feature string, sel *features.Selection) {
	if names := strings.Split(feature, "+"); len(names) > 1 {
		for _, name := range names {
			cov.ask(name, sel)
		}
		return
	}
	if f, ok := cov.catalog.Lookup(feature); ok && !f.Hidden {
		sel.Features = append(sel.Features, feature)
		return
	}
	for _, p := range cov.properties {
		if p.flag != "" && p.flag+"-"+p.value == feature && sel.Choices[p.flag] == "" {
			sel.Choices[p.flag] = p.value
			cov.ask(p.feature, sel)
		}
	}
}

// resolve returns the set of a selection. It returns false if the set is not valid, or does not have the pair.
func (cov *coverer) resolve(sel features.Selection, p pair) (features.Set, bool) {
	set, err := cov.catalog.Resolve(sel)
	if err != nil {
		return set, false
	}
	choices := set.Choices()
	for _, property := range p {
		has := choices[property.flag] == property.value
		if property.flag == "" {
			has = set.Has(property.feature) == (property.value == "on")
		}
		if !has {
			return set, false
		}
	}
	return set, true
}

// starts is the number of sets that next tries to improve.
const starts = 12

// next returns a set that contains the first uncovered pair, and covers many other uncovered pairs.
func (cov *coverer) next() features.Set {
	cov.order = slices.DeleteFunc(cov.order, func(p pair) bool { return !cov.uncovered[p] })
	seed := cov.order[0]
	var best features.Set
	bestGain := 0
	for range starts {
		sel := cov.smallest(seed)
		set, _ := cov.resolve(sel, seed)
		if set, gain := cov.improve(sel, set, seed); gain > bestGain {
			best, bestGain = set, gain
		}
	}
	return best
}

// improve changes one property of a selection after the other, in random order, as long as the set covers more.
func (cov *coverer) improve(sel features.Selection, set features.Set, seed pair) (features.Set, int) {
	gain := cov.gain(set)
	for improved := true; improved; {
		improved = false
		for _, i := range cov.random.Perm(len(cov.properties)) {
			next := with(sel, cov.properties[i])
			candidate, ok := cov.resolve(next, seed)
			if !ok {
				continue
			}
			if g := cov.gain(candidate); g > gain {
				sel, set, gain, improved = next, candidate, g, true
			}
		}
	}
	return set, gain
}

// with returns the selection with another value of a property.
func with(sel features.Selection, p property) features.Selection {
	next := features.Selection{Features: slices.Clone(sel.Features), Choices: maps.Clone(sel.Choices)}
	switch {
	case p.flag != "":
		next.Choices[p.flag] = p.value
	case p.value == "on":
		next.Features = append(next.Features, p.feature)
	default:
		next.Features = slices.DeleteFunc(next.Features, func(name string) bool { return name == p.feature })
	}
	return next
}

// gain returns the number of uncovered pairs in the set.
func (cov *coverer) gain(set features.Set) int {
	n := 0
	for _, p := range cov.pairs(set) {
		if cov.uncovered[p] {
			n++
		}
	}
	return n
}

// pairs returns every pair of properties of the set.
func (cov *coverer) pairs(set features.Set) []pair {
	on, choices := set.Features(), set.Choices()
	var properties []property
	for _, p := range cov.properties {
		has := p.value == choices[p.flag] && p.flag != ""
		if p.flag == "" {
			has = slices.Contains(on, p.feature) == (p.value == "on")
		}
		if has {
			properties = append(properties, p)
		}
	}
	pairs := make([]pair, 0, len(properties)*(len(properties)+1)/2)
	for i, first := range properties {
		for _, second := range properties[i:] {
			pairs = append(pairs, pair{first, second})
		}
	}
	return pairs
}
