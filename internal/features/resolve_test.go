package features

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func folderPaths(s Set) []string {
	var paths []string
	for _, f := range s.Folders() {
		paths = append(paths, f.Path)
	}
	return paths
}

func TestResolveAddsRequirementsWithReason(t *testing.T) {
	set, err := small(t).Resolve(Selection{Features: []string{"zone"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"alarm", "clock", "zone"}, set.Features()); diff != "" {
		t.Errorf("features (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"alarm": "zone", "clock": "alarm"}, set.Forced()); diff != "" {
		t.Errorf("forced (-want +got):\n%s", diff)
	}
}

func TestResolveOfEmptySelectionUsesDefaults(t *testing.T) {
	set, err := small(t).Resolve(Selection{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"_base", "_features/paint-red", "_features/store-memory"}
	if diff := cmp.Diff(want, folderPaths(set)); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"paint": "red"}, set.Choices()); diff != "" {
		t.Errorf("choices (-want +got):\n%s", diff)
	}
}

func TestFoldersFollowTheirRequirements(t *testing.T) {
	set, err := small(t).Resolve(Selection{Features: []string{"zone", "disk"}, Choices: map[string]string{"paint": "blue"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"_base", "_features/paint-blue", // without store-memory: disk provides the store
		"_features/clock", "_features/alarm", "_features/disk", "_features/zone", "_features/clock/with/disk",
	}
	if diff := cmp.Diff(want, folderPaths(set)); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
}

func TestResolveIgnoresOrderAndDuplicates(t *testing.T) {
	c := small(t)
	names := []string{"zone", "disk", "alarm", "clock"}
	want, err := c.Resolve(Selection{Features: names})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		got, err := c.Resolve(Selection{Features: append(slices.Clone(names), names[0])})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Set{})); diff != "" {
			t.Fatalf("%v (-want +got):\n%s", names, diff)
		}
	}
}

func TestResolveIsIdempotent(t *testing.T) {
	c := small(t)
	for _, names := range [][]string{nil, {"clock"}, {"alarm"}, {"disk"}, {"disk", "zone"}} {
		set, err := c.Resolve(Selection{Features: names})
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.Resolve(Selection{Features: set.Features(), Choices: set.Choices()})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(folderPaths(set), folderPaths(again)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", set.Features(), diff)
		}
	}
}

func TestResolveRejectsUnknownNames(t *testing.T) {
	tests := []struct {
		sel  Selection
		want string
	}{
		{Selection{Features: []string{"disk clock"}}, `unknown feature "disk clock"; separate features by commas: disk,clock`},
		{Selection{Features: []string{"dsk"}}, `unknown feature "dsk"; did you mean "disk"?`},
		{Selection{Features: []string{"store-memory"}}, `unknown feature "store-memory"`},
		{Selection{Choices: map[string]string{"paint": "blu"}}, `--paint: unknown value "blu"; did you mean "blue"?`},
		{Selection{Choices: map[string]string{"pant": "red"}}, `unknown question "pant"; did you mean "paint"?`},
		{Selection{Choices: map[string]string{"zone": "x"}}, `--zone: has an effect only with the feature "zone"`},
	}
	for _, test := range tests {
		if _, err := small(t).Resolve(test.sel); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %q", test.sel, err, test.want)
		}
	}
}

func TestSelectedByNamesFeatureOrFlag(t *testing.T) {
	for name, want := range map[string]string{"zone": `the feature "zone"`, "paint-blue": "--paint blue", "store-memory": `the feature "store-memory"`} {
		if got := small(t).SelectedBy(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestResolveRejectsTwoProvidersOfOneCapability(t *testing.T) {
	c, err := Load(catalogOf(validBase, map[string]string{
		"a": feature("group: g", "provides: [store]"), "b": feature("group: g", "provides: [store]"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Resolve(Selection{Features: []string{"b", "a"}})
	if want := `features "a" and "b" both provide "store"; choose one of them`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestResolveAddsDefaultProviderWithItsNeeds(t *testing.T) {
	c, err := Load(catalogOf(validBase, map[string]string{
		"jobs":   feature("group: g", "needs: [queue]"),
		"queue":  feature("hidden: true", "provides: [queue]", "default: true", "needs: [log]", "requires: [timer]"),
		"timer":  feature("group: g"),
		"log-up": feature("hidden: true", "provides: [log]", "default: true"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	set, err := c.Resolve(Selection{Features: []string{"jobs"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"_base", "_features/log-up", "_features/jobs", "_features/timer", "_features/queue"}
	if diff := cmp.Diff(want, folderPaths(set)); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"timer": "queue"}, set.Forced()); diff != "" {
		t.Errorf("forced (-want +got):\n%s", diff)
	}
}

func TestAfterOrdersFeaturesWithoutRequiringThem(t *testing.T) {
	c, err := Load(catalogOf(validBase, map[string]string{"a": feature("group: g", "after: [c]"), "b": feature("group: g"), "c": feature("group: g")}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ chosen, want []string }{
		{[]string{"a"}, []string{"_base", "_features/a"}},
		{[]string{"a", "b", "c"}, []string{"_base", "_features/b", "_features/c", "_features/a"}},
	} {
		set, err := c.Resolve(Selection{Features: test.chosen})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, folderPaths(set)); diff != "" {
			t.Errorf("%v: folders (-want +got):\n%s", test.chosen, diff)
		}
	}
}

// withChoice returns a catalog with the choice --site. Its value town owns the paths site/ and .plan, and asks --road, and with
// the feature boat --pier.
func withChoice(t *testing.T) *Catalog {
	t.Helper()
	choice := func(flag, value string) string {
		return "questions: [{flag: " + flag + ", title: T, kind: choice, default: " + value + ", choices: [{value: " + value + "}, {value: none}]}]"
	}
	fsys := catalogOf(validBase+choice("site", "town")+"\n", map[string]string{
		"site-town":      feature("hidden: true", "requires: [tools]", "owns: [site/, .plan]", choice("road", "paved")),
		"site-none":      feature("hidden: true"),
		"tools":          feature("hidden: true", "questions: [{flag: rent, title: T, kind: text, default: free, sample: unpaid}]"),
		"road-paved":     feature("hidden: true"),
		"road-none":      feature("hidden: true"),
		"boat":           feature("group: g"),
		"boat+site-town": feature(choice("pier", "long")),
		"pier-long":      feature("hidden: true"),
		"pier-none":      feature("hidden: true"),
	})
	for _, file := range []string{"site-town/files/site/map", "site-town/files/dot_plan", "boat/files/site/harbour", "boat/files/sites"} {
		fsys["_features/"+file] = &fstest.MapFile{}
	}
	c, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOwnedPathsAreLeftOutWithTheirOwner(t *testing.T) {
	files := func(folders []Folder) []string {
		var all []string
		for _, f := range folders {
			for _, file := range f.Files {
				if !strings.HasPrefix(file, "boat-") && (strings.HasPrefix(f.Path, "_features/boat") || strings.HasPrefix(f.Path, "_features/site-town")) {
					all = append(all, f.Path+": "+file)
				}
			}
		}
		return all
	}
	for site, want := range map[string]struct{ kept, leftOut []string }{
		"town": {[]string{"_features/site-town: dot_plan", "_features/site-town: site/map", "_features/site-town: site-town", "_features/boat: boat", "_features/boat: site/harbour", "_features/boat: sites"}, nil},
		"none": {[]string{"_features/boat: boat", "_features/boat: sites"}, []string{"_features/site-town: dot_plan", "_features/site-town: site/map", "_features/boat: site/harbour"}},
	} {
		set, err := withChoice(t).Resolve(Selection{Features: []string{"boat"}, Choices: map[string]string{"site": site}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.kept, files(set.Folders())); diff != "" {
			t.Errorf("%s: files (-want +got):\n%s", site, diff)
		}
		if diff := cmp.Diff(want.leftOut, files(set.LeftOut())); diff != "" {
			t.Errorf("%s: left out (-want +got):\n%s", site, diff)
		}
	}
}

func TestQuestionsOfAChoiceAreAskedOnlyWithIt(t *testing.T) {
	c := withChoice(t)
	for _, test := range []struct {
		sel  Selection
		want string // flags, or an error
	}{
		{Selection{}, "site rent road"},
		{Selection{Features: []string{"boat"}}, "site rent road pier"},
		{Selection{Features: []string{"boat"}, Choices: map[string]string{"site": "none"}}, "site"},
		{Selection{Choices: map[string]string{"site": "none", "road": "paved"}}, "--road: has an effect only with --site town"},
		{Selection{Choices: map[string]string{"site": "none", "pier": "long"}}, `--pier: has an effect only with the feature "boat" and --site town`},
		{Selection{Choices: map[string]string{"site": "none", "road": "none", "pier": "none"}}, "site"}, // none is always true
		{Selection{Choices: map[string]string{"roade": "none"}}, `unknown question "roade"; did you mean "road"? All questions: site, rent, road, pier`},
	} {
		set, err := c.Resolve(test.sel)
		var flags []string
		for _, q := range set.Questions() {
			flags = append(flags, q.Flag)
		}
		got := strings.Join(flags, " ")
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%v: got %q, want %q", test.sel, got, test.want)
		}
		if choices := set.Choices(); err == nil && len(test.sel.Choices) > 1 && len(choices) != 1 {
			t.Errorf("%v: got the choices %v, want only --site", test.sel, choices)
		}
	}
	if got, want := c.SelectedBy("tools"), "--site town"; got != want {
		t.Errorf("tools: got %q, want %q", got, want)
	}
}
