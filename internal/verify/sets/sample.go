package sets

import (
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/acton-go/acton-new/internal/features"
)

// Sample returns every valid set if they are at most limit. Otherwise it returns those of Tried, and others at random up
// to the limit. The seed is fixed, so the result is the same in each run.
func Sample(c *features.Catalog, limit int) []features.Set {
	return sample(c, All(c), Tried, true, limit)
}

// SampleCombinations returns every combination if they are at most limit. Otherwise it returns those with no, one, all
// and all but one feature, and others at random up to the limit. The seed is fixed. A certain combination of k features
// that are on or off is missing in n random ones with the probability (1-1/2^k)^n.
func SampleCombinations(c *features.Catalog, limit int) []features.Set {
	return sample(c, Combinations(c), extremes, false, limit)
}

// sample returns all sets if they are at most limit. Otherwise it fills up the fixed sets with random ones.
func sample(c *features.Catalog, all iter.Seq[features.Set], fixed func(*features.Catalog) []features.Set, choices bool, limit int) []features.Set {
	var found []features.Set
	for set := range all {
		if found = append(found, set); len(found) > limit {
			break
		}
	}
	if len(found) <= limit {
		return found
	}
	found = fixed(c)
	seen := map[string]bool{}
	for _, set := range found {
		seen[set.Name()] = true
	}
	random := rand.New(rand.NewPCG(1, 2))
	for tries := 0; len(found) < limit && tries < 20*limit; tries++ {
		set, ok := randomSet(c, random, choices)
		if ok && !seen[set.Name()] {
			seen[set.Name()] = true
			found = append(found, set)
		}
	}
	return found
}

// randomSet selects each feature at random, and each value of a choice if choices is set. It returns false if they
// conflict.
func randomSet(c *features.Catalog, random *rand.Rand, choices bool) (features.Set, bool) {
	sel := features.Selection{Choices: map[string]string{}}
	for _, f := range c.Visible() {
		if random.IntN(2) == 0 {
			sel.Features = append(sel.Features, f.Name)
		}
	}
	set, err := c.Resolve(sel)
	if err != nil || !choices {
		return set, err == nil
	}
	for _, q := range set.Questions() {
		if q.Kind == features.KindChoice {
			sel.Choices[q.Flag] = q.Choices[random.IntN(len(q.Choices))].Value
		}
	}
	set, err = c.Resolve(sel)
	return set, err == nil
}

// extremes returns the sets with no, one, all, and all but one feature. A feature comes with those that it requires, and
// goes with those that require it.
func extremes(c *features.Catalog) []features.Set {
	var with, without []features.Selection
	full := features.Selection{}
	for _, f := range c.Visible() {
		full.Features = append(full.Features, f.Name)
		with = append(with, features.Selection{Features: []string{f.Name}})
		rest := features.Selection{}
		for _, other := range c.Visible() {
			alone, err := c.Resolve(features.Selection{Features: []string{other.Name}})
			if err == nil && !alone.Has(f.Name) {
				rest.Features = append(rest.Features, other.Name)
			}
		}
		without = append(without, rest)
	}
	var found []features.Set
	seen := map[string]bool{}
	for _, sel := range slices.Concat([]features.Selection{{}}, with, without, []features.Selection{full}) {
		set, err := c.Resolve(sel)
		if err == nil && !seen[set.Name()] { // all features together may conflict
			seen[set.Name()] = true
			found = append(found, set)
		}
	}
	return found
}
