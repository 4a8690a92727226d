package sets_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/verify/sets"
)

func TestSampleCombinationsReturnsAllIfTheyAreFew(t *testing.T) {
	c := small(t)
	all := namesOf(slices.Collect(sets.Combinations(c)))
	if diff := cmp.Diff(all, namesOf(sets.SampleCombinations(c, len(all)))); diff != "" {
		t.Errorf("(-all +sample):\n%s", diff)
	}
}

// The combinations of three features are those that fragments of a feature, of a pair and of a third one make.
func TestSampleCombinationsHasExtremesAndEveryThreeFeatures(t *testing.T) {
	c := planned(t, 14, false)
	const limit = 1024
	sample := sets.SampleCombinations(c, limit)
	names := namesOf(sample)
	if len(names) != limit {
		t.Errorf("got %d sets, want %d", len(names), limit)
	}
	if diff := cmp.Diff(names, namesOf(sets.SampleCombinations(c, limit))); diff != "" {
		t.Errorf("the second call returned another sample (-first +second):\n%s", diff)
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(names))); len(distinct) != limit {
		t.Errorf("got %d distinct sets, want %d", len(distinct), limit)
	}
	without := slices.DeleteFunc(featureNames(c), func(name string) bool { return name == "f7" || name == "f8" })
	for _, want := range []string{"none", "f1", "f7+f8", strings.Join(without, "+")} {
		if !slices.Contains(names, want) {
			t.Errorf("got no %s", want)
		}
	}
	got := triples(c, sample)
	for triple := range triples(c, slices.Collect(sets.Combinations(c))) {
		if !got[triple] {
			t.Errorf("no set has %v", triple)
		}
	}
}

func featureNames(c *features.Catalog) []string {
	var names []string
	for _, f := range c.Visible() {
		names = append(names, f.Name)
	}
	return names
}

// triples returns each three features that are on or off in one of the sets.
func triples(c *features.Catalog, all []features.Set) map[[3]string]bool {
	found := map[[3]string]bool{}
	for _, set := range all {
		var values []string
		for _, name := range featureNames(c) {
			if set.Has(name) {
				values = append(values, name+" on")
			} else {
				values = append(values, name+" off")
			}
		}
		for i := range values {
			for j := range values[:i] {
				for k := range values[:j] {
					found[[3]string{values[i], values[j], values[k]}] = true
				}
			}
		}
	}
	return found
}
