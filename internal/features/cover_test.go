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

// tenFeatures is a catalog of the size that is planned: ten features, one that requires another, two that exclude each
// other, and perhaps a choice of the base and one of a feature.
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
	return must(t, catalogOf(soundBase+choice("image", "{value: a}, {value: b}"), manifests))
}

func realCatalog(t testing.TB) *Catalog {
	t.Helper()
	c, err := Load(os.DirFS("../../templates"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// everything returns every set there is: each combination with each value of each choice that it asks.
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

// facts are what holds of a set, in words of their own.
func facts(c *Catalog, s Set) []string {
	var facts []string
	for _, f := range c.Visible() {
		facts = append(facts, fmt.Sprintf("%s=%t", f.Name, s.Has(f.Name)))
	}
	for flag, value := range s.Choices() {
		facts = append(facts, "--"+flag+"="+value)
	}
	slices.Sort(facts)
	return facts
}

func TestTheCoverHasEveryPairThatIsEverTogether(t *testing.T) {
	for name, test := range map[string]struct {
		c    *Catalog
		most int // more sets would be a worse cover
	}{
		"real":              {realCatalog(t), 9},
		"small":             {small(t), 7},
		"ten":               {tenFeatures(t, true), 13},
		"ten, no choice":    {tenFeatures(t, false), 9},
		"nothing to choose": {must(t, catalogOf(soundBase, nil)), 0},
		"one feature":       {must(t, catalogOf(soundBase, map[string]string{"a": feature("group: g")})), 2},
	} {
		t.Run(name, func(t *testing.T) {
			pairs := func(sets []Set) map[string]bool {
				found := map[string]bool{}
				for _, s := range sets {
					facts := facts(test.c, s)
					for i, a := range facts {
						found[a] = true
						for _, b := range facts[i+1:] {
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
			if len(cover) > test.most {
				t.Errorf("got %d sets, want at most %d", len(cover), test.most)
			}
			t.Logf("%d sets: %s", len(cover), strings.Join(namesOf(cover), "  "))
			if diff := cmp.Diff(namesOf(cover), namesOf(test.c.Cover())); diff != "" {
				t.Errorf("the cover is another one the second time:\n%s", diff)
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

func TestTriedAreNothingEachAloneEverythingAndTheCover(t *testing.T) {
	names := namesOf(small(t).Tried())
	want := []string{"none", "alarm+clock", "clock", "disk", "alarm+clock+zone", "none,paint=blue", "alarm+clock+disk+zone"}
	if len(names) < len(want) {
		t.Fatalf("got %v", names)
	}
	if diff := cmp.Diff(want, names[:len(want)]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, s := range small(t).Cover() {
		if !slices.Contains(names, s.Name()) {
			t.Errorf("%s of the cover is missing in %v", s.Name(), names)
		}
	}
	if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) {
		t.Errorf("%v has a set twice", names)
	}
}

func TestTriedTryEachValueOfAChoiceOfAFeature(t *testing.T) {
	names := namesOf(tenFeatures(t, true).Tried())
	for _, want := range []string{"none,image=b", "f3", "f3,pager=b", "f3,pager=c", "f7+f8"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing in %v", want, names)
		}
	}
}

func BenchmarkCover(b *testing.B) {
	c := tenFeatures(b, true)
	for b.Loop() {
		c.Cover()
	}
}
