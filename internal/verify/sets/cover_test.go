package sets_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/verify/sets"
	"github.com/acton-go/acton-new/templates"
)

// small returns the catalog in the testdata of the generator. It has six features, a pair, a capability, a choice and a
// preset.
func small(t testing.TB) *features.Catalog {
	t.Helper()
	return must(t, os.DirFS("../../generator/testdata/catalog"))
}

const validBase = "title: Base\nsummary: A base.\n"

func feature(lines ...string) string {
	return "title: T\nsummary: S.\n" + strings.Join(lines, "\n") + "\n"
}

// catalogOf returns a catalog with these manifests. Each feature also has a file.
func catalogOf(base string, manifests map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{"_base/feature.yaml": {Data: []byte(base)}, "_base/files/README.md": {}}
	for name, text := range manifests {
		name = strings.Replace(name, "+", "/with/", 1)
		fsys["_features/"+name+"/feature.yaml"] = &fstest.MapFile{Data: []byte(text)}
		fsys["_features/"+name+"/files/"+strings.ReplaceAll(name, "/", "-")] = &fstest.MapFile{}
	}
	return fsys
}

// tenFeatures returns a catalog of the planned size. See planned.
func tenFeatures(t testing.TB, choices bool) *features.Catalog {
	t.Helper()
	return planned(t, 10, choices)
}

// planned returns a catalog of n features, one of which requires another, and two of which conflict. If choices is set,
// the base and one feature each have a choice.
func planned(t testing.TB, n int, choices bool) *features.Catalog {
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
	for i := range n {
		if name := fmt.Sprintf("f%d", i); manifests[name] == "" {
			manifests[name] = feature("group: g")
		}
	}
	return must(t, catalogOf(validBase+choice("image", "{value: a}, {value: b}"), manifests))
}

func realCatalog(t testing.TB) *features.Catalog {
	t.Helper()
	return must(t, templates.All)
}

// everything returns every set, computed without sets.All: each combination with each value of each choice.
func everything(t *testing.T, c *features.Catalog) []features.Set {
	t.Helper()
	var all []features.Set
	for combination := range sets.Combinations(c) {
		open := []features.Selection{{Features: combination.Features(), Choices: map[string]string{}}}
		for len(open) > 0 {
			sel := open[0]
			open = open[1:]
			set, err := c.Resolve(sel)
			if err != nil {
				t.Fatal(err)
			}
			next := slices.IndexFunc(set.Questions(), func(q features.Question) bool {
				_, answered := sel.Choices[q.Flag]
				return q.Kind == features.KindChoice && !answered
			})
			if next < 0 {
				all = append(all, set)
				continue
			}
			q := set.Questions()[next]
			for _, choice := range q.Choices {
				choices := maps.Clone(sel.Choices)
				choices[q.Flag] = choice.Value
				open = append(open, features.Selection{Features: sel.Features, Choices: choices})
			}
		}
	}
	return all
}

// properties returns the features and choices of a set as strings, independently of the package.
func properties(c *features.Catalog, s features.Set) []string {
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
		c       *features.Catalog
		maximum int // number of sets
	}{
		"real":           {realCatalog(t), 16},
		"small":          {small(t), 7},
		"ten":            {tenFeatures(t, true), 13},
		"ten, no choice": {tenFeatures(t, false), 9},
		"no feature":     {must(t, catalogOf(validBase, nil)), 0},
		"one feature":    {must(t, catalogOf(validBase, map[string]string{"a": feature("group: g")})), 2},
	} {
		t.Run(name, func(t *testing.T) {
			pairs := func(all []features.Set) map[string]bool {
				found := map[string]bool{}
				for _, s := range all {
					properties := properties(test.c, s)
					for i, a := range properties {
						found[a] = true
						for _, b := range properties[i+1:] {
							found[a+" "+b] = true
						}
					}
				}
				return found
			}
			cover := sets.Cover(test.c)
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
			if diff := cmp.Diff(namesOf(cover), namesOf(sets.Cover(test.c))); diff != "" {
				t.Errorf("the second call returned another cover (-first +second):\n%s", diff)
			}
		})
	}
}

func must(t testing.TB, fsys fs.FS) *features.Catalog {
	t.Helper()
	c, err := features.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func namesOf(all []features.Set) []string {
	var names []string
	for _, s := range all {
		names = append(names, s.Name())
	}
	return names
}

func TestTestSetsContainSingleFeaturesAllFeaturesAndCover(t *testing.T) {
	names := namesOf(sets.Tried(small(t)))
	want := []string{"none", "alarm+clock", "clock", "disk", "alarm+clock+zone", "none,paint=blue", "alarm+clock+disk+zone"}
	if len(names) < len(want) {
		t.Fatalf("got %v", names)
	}
	if diff := cmp.Diff(want, names[:len(want)]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, s := range sets.Cover(small(t)) {
		if !slices.Contains(names, s.Name()) {
			t.Errorf("got %v, want also %s from the cover", names, s.Name())
		}
	}
	if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) {
		t.Errorf("got %v, want each set once", names)
	}
}

// A value of a choice occurs alone, so that the number of sets to boot does not grow with pairs of choices.
func TestBootedSetsCoverPairsOfFeatures(t *testing.T) {
	c := tenFeatures(t, true)
	booted := namesOf(sets.Booted(c))
	for _, s := range sets.Cover(c) {
		set, err := c.Resolve(features.Selection{Features: s.Features()})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(booted, set.Name()) {
			t.Errorf("got %v, want also %s", booted, set.Name())
		}
	}
	if tried := namesOf(sets.Tried(c)); len(booted) > len(tried) {
		t.Errorf("got %d sets, want at most the %d of Tried", len(booted), len(tried))
	}
}

func TestTestSetsContainEachValueOfAFeatureChoice(t *testing.T) {
	names := namesOf(sets.Tried(tenFeatures(t, true)))
	for _, want := range []string{"none,image=b", "f3", "f3,pager=b", "f3,pager=c", "f7+f8"} {
		if !slices.Contains(names, want) {
			t.Errorf("got %v, want also %s", names, want)
		}
	}
}

// The cover of 24 features would take hours if it enumerated their 16 million sets.
func TestCoverDoesNotEnumerateTheSets(t *testing.T) {
	if got := len(sets.Cover(planned(t, 24, false))); got > 14 {
		t.Errorf("got %d sets, want at most 14", got)
	}
}

func BenchmarkCover(b *testing.B) {
	for _, n := range []int{10, 14} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := planned(b, n, true)
			for b.Loop() {
				sets.Cover(c)
			}
		})
	}
}

func TestCombinationsYieldsTheValidSets(t *testing.T) {
	var got []string
	for set := range sets.Combinations(small(t)) {
		got = append(got, strings.Join(set.Features(), ","))
	}
	want := []string{
		"", "clock", "alarm,clock", "disk", "clock,disk", "alarm,clock,disk", "alarm,clock,zone", "alarm,clock,disk,zone",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("combinations (-want +got):\n%s", diff)
	}
}

func TestForbiddenTracesAreThoseOfOtherFeatures(t *testing.T) {
	c := small(t)
	set, err := c.Resolve(features.Selection{Features: []string{"disk"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"TZ_NAME": true, "azure": false, "in memory": true, "stamped": true, "time.Now": true, "time.Since": true}
	if diff := cmp.Diff(want, sets.ForbiddenTraces(c, set)); diff != "" {
		t.Errorf("forbidden traces (-want +got):\n%s", diff)
	}
}
