package features

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// tenFeatures returns a catalog of the planned size: ten features, one of which requires another, and two of which
// conflict. If choices is set, the base and one feature each have a choice.
func tenFeatures(t testing.TB, choices bool) *Catalog {
	t.Helper()
	choice := func(flag, values string) string {
		if !choices {
			return ""
		}
		return "questions:\n  - {flag: " + flag + ", title: T, kind: choice, default: a, choices: [" + values + "]}\n"
	}
	manifests := map[string]string{
		"image-a": feature("hidden: true"), "image-b": feature("hidden: true"),
		"pager-a": feature("hidden: true"), "pager-b": feature("hidden: true"), "pager-c": feature("hidden: true"),
		"f8": feature("group: g", "requires: [f7]", "provides: [bus]"),
		"f9": feature("group: g", "provides: [bus]"),
		"f3": feature("group: g", choice("pager", "{value: a}, {value: b}, {value: c}")),
	}
	for i := range 10 {
		if name := fmt.Sprintf("f%d", i); manifests[name] == "" {
			manifests[name] = feature("group: g")
		}
	}
	return must(t, catalogOf(validBase+choice("image", "{value: a}, {value: b}"), manifests))
}

func realCatalog(t testing.TB) *Catalog {
	t.Helper()
	c, err := Load(os.DirFS("../../templates"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// everything returns every set, computed without AllSets: each combination with each value of each choice.
func everything(t *testing.T, c *Catalog) []Set {
	t.Helper()
	var all []Set
	for set := range c.Combinations() {
		selections := []Selection{{Features: set.Features(), Choices: map[string]string{}}}
		for _, q := range set.Questions() {
			var longer []Selection
			for _, sel := range selections {
				for _, choice := range q.Choices {
					choices := map[string]string{q.Flag: choice.Value}
					for flag, value := range sel.Choices {
						choices[flag] = value
					}
					longer = append(longer, Selection{Features: sel.Features, Choices: choices})
				}
			}
			if q.Kind == KindChoice {
				selections = longer
			}
		}
		for _, sel := range selections {
			full, err := c.Resolve(sel)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, full)
		}
	}
	return all
}

// properties returns the features and choices of a set as strings, independently of literal.
func properties(c *Catalog, s Set) []string {
	var all []string
	for _, f := range c.Visible() {
		all = append(all, fmt.Sprintf("%s=%t", f.Name, s.Has(f.Name)))
	}
	for flag, value := range s.Choices() {
		all = append(all, "--"+flag+"="+value)
	}
	slices.Sort(all)
	return all
}

func TestCoverContainsEveryPossiblePair(t *testing.T) {
	for name, test := range map[string]struct {
		c       *Catalog
		maximum int // number of sets
	}{
		"real":           {realCatalog(t), 10},
		"small":          {small(t), 7},
		"ten":            {tenFeatures(t, true), 13},
		"ten, no choice": {tenFeatures(t, false), 9},
		"no feature":     {must(t, catalogOf(validBase, nil)), 0},
		"one feature":    {must(t, catalogOf(validBase, map[string]string{"a": feature("group: g")})), 2},
	} {
		t.Run(name, func(t *testing.T) {
			pairs := func(sets []Set) map[string]bool {
				found := map[string]bool{}
				for _, s := range sets {
					all := properties(test.c, s)
					for i, a := range all {
						found[a] = true
						for _, b := range all[i+1:] {
							found[a+" "+b] = true
						}
					}
				}
				return found
			}
			cover := test.c.Cover()
			covered := pairs(cover)
			for pair := range pairs(everything(t, test.c)) {
				if !covered[pair] {
					t.Errorf("not covered: %s", pair)
				}
			}
			if len(cover) > test.maximum {
				t.Errorf("got %d sets, want at most %d", len(cover), test.maximum)
			}
			t.Logf("%d sets: %s", len(cover), strings.Join(namesOf(cover), "  "))
			if diff := cmp.Diff(namesOf(cover), namesOf(test.c.Cover())); diff != "" {
				t.Errorf("the second call returned another cover (-first +second):\n%s", diff)
			}
		})
	}
}

func must(t testing.TB, fsys fstest.MapFS) *Catalog {
	t.Helper()
	c, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func namesOf(sets []Set) []string {
	var names []string
	for _, s := range sets {
		names = append(names, s.Name())
	}
	return names
}

func TestTestSetsContainSingleFeaturesAllFeaturesAndCover(t *testing.T) {
	names := namesOf(small(t).TestSets())
	want := []string{"none", "alarm+clock", "clock", "disk", "alarm+clock+zone", "none,paint=blue", "alarm+clock+disk+zone"}
	if len(names) < len(want) {
		t.Fatalf("got %v", names)
	}
	if diff := cmp.Diff(want, names[:len(want)]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, s := range small(t).Cover() {
		if !slices.Contains(names, s.Name()) {
			t.Errorf("got %v, want also %s from the cover", names, s.Name())
		}
	}
	if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) {
		t.Errorf("got %v, want each set once", names)
	}
}

func TestTestSetsContainEachValueOfAFeatureChoice(t *testing.T) {
	names := namesOf(tenFeatures(t, true).TestSets())
	for _, want := range []string{"none,image=b", "f3", "f3,pager=b", "f3,pager=c", "f7+f8"} {
		if !slices.Contains(names, want) {
			t.Errorf("got %v, want also %s", names, want)
		}
	}
}

func BenchmarkCover(b *testing.B) {
	c := tenFeatures(b, true)
	for b.Loop() {
		c.Cover()
	}
}
