package consistency

import (
	"flag"
	"maps"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"testing"

	"github.com/acton-go/acton-new/internal/generator"
)

var everyName = flag.Bool("every-name", false, "test each word of the project as the name of a service, which takes minutes")

// maxNames is the maximum number of names to test. Each run tests other ones.
const maxNames = 24

// A service can have the name of anything in the project, unless CheckName rejects it.
func TestWordsOfTheProjectAreNamesWithoutProblems(t *testing.T) {
	skipInShortMode(t)
	r := newRenderer(t)
	set := r.set(t, r.full())
	word := regexp.MustCompile(`[a-z][a-z0-9-]+`)
	found := map[string]bool{}
	for name, f := range r.project(t, set) {
		text := name
		if path.Ext(name) == ".yaml" || name == "Makefile" {
			text = string(f.Data)
		}
		for _, name := range word.FindAllString(text, -1) {
			if generator.CheckName(name) == nil {
				found[name] = true
			}
		}
	}
	names := slices.Sorted(maps.Keys(found))
	if !*everyName {
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		names = names[:min(len(names), maxNames)]
	}
	for _, name := range names {
		p, err := Load(r.named(t, name, set))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, problem := range append(p.Check(), unknownMetrics(p)...) {
			t.Errorf("%s: %v; correct the rule or the template, or derive the name in generator's TestGoldenListOfTakenNames", name, problem)
		}
	}
}
