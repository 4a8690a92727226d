package features

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The predefined presets. No manifest names them.
const (
	PresetMinimal = "minimal" // no feature, and no choice that brings something if it has the value none
	PresetFull    = "full"    // every visible feature
)

// Catalog holds the base and every feature. It is immutable after Load.
type Catalog struct {
	base     Feature
	features map[string]Feature
	order    []string // names of the features, each after its requirements; see sortFeatures
	pairs    []Pair   // sorted by name
}

// Pair is a folder such as auth/with/cache, which applies if a set contains all of its features. It has two or more
// features, and belongs to the feature in whose folder it is.
type Pair struct {
	Name      string     // names of the features, sorted, with + between them
	Path      string     // of the folder, relative to the root of the templates
	Features  []string   // sorted
	Questions []Question // asked if a set contains all of these features
	Traces    []string   // words that must not occur in a project without all of these features
	Files     []string   // as in Feature
	Slots     []string   // as in Feature
	Probes    []string   // as in Feature
	Proofs    []string   // as in Feature
}

// Load reads the catalog from the root of the templates: the folder _base, and the folders of the features below
// _features. It validates the catalog and reports all errors at once.
func Load(fsys fs.FS) (*Catalog, error) {
	base, err := loadFeature(fsys, baseFolder, "")
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	c := &Catalog{base: base, features: map[string]Feature{}}

	entries, err := fs.ReadDir(fsys, featuresFolder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	var problems []error
	for _, entry := range entries {
		name := entry.Name()
		folder := path.Join(featuresFolder, name)
		if !entry.IsDir() {
			problems = append(problems, fmt.Errorf("%s: not a folder; put each feature in a folder of its own", folder))
			continue
		}
		f, err := loadFeature(fsys, folder, name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		c.features[name] = f
		pairs, err := loadPairs(fsys, folder, name)
		if err != nil {
			problems = append(problems, err)
		}
		c.pairs = append(c.pairs, pairs...)
	}
	slices.SortStableFunc(c.pairs, func(a, b Pair) int { return strings.Compare(a.Name, b.Name) })
	if len(problems) == 0 {
		problems = c.validate()
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("catalog: %w", errors.Join(problems...))
	}
	c.order = c.sortFeatures()
	return c, nil
}

// Base returns the base as a feature with an empty name.
func (c *Catalog) Base() Feature { return c.base }

// Pairs returns the folders for several features, sorted by name.
func (c *Catalog) Pairs() []Pair { return slices.Clone(c.pairs) }

// All returns every feature, including hidden ones, in the order of their overlays.
func (c *Catalog) All() []Feature {
	all := make([]Feature, 0, len(c.order))
	for _, name := range c.order {
		all = append(all, c.features[name])
	}
	return all
}

// Visible returns the features that a user can select, sorted by name.
func (c *Catalog) Visible() []Feature {
	var visible []Feature
	for _, f := range c.features {
		if !f.Hidden {
			visible = append(visible, f)
		}
	}
	slices.SortFunc(visible, func(a, b Feature) int { return strings.Compare(a.Name, b.Name) })
	return visible
}

// Groups returns the visible features by group. Groups and features are sorted by name.
func (c *Catalog) Groups() []Group {
	var groups []Group
	for _, f := range c.Visible() {
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Name == f.Group })
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Name: f.Group})
		}
		groups[i].Features = append(groups[i].Features, f)
	}
	slices.SortFunc(groups, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

// Presets returns minimal, the presets of the manifests sorted by name, and full.
func (c *Catalog) Presets() []Preset {
	members := map[string][]string{}
	full := Preset{Name: PresetFull}
	for _, f := range c.Visible() {
		full.Features = append(full.Features, f.Name)
		for _, p := range f.Presets {
			members[p] = append(members[p], f.Name)
		}
	}
	minimal := Preset{Name: PresetMinimal}
	for _, q := range c.Questions() {
		if q.Kind == KindChoice && q.check(ValueNone) == nil {
			if minimal.Choices == nil {
				minimal.Choices = map[string]string{}
			}
			minimal.Choices[q.Flag] = ValueNone
		}
	}
	presets := []Preset{minimal}
	for _, name := range sortedKeys(members) {
		presets = append(presets, Preset{Name: name, Features: members[name]})
	}
	return append(presets, full)
}

// Preset returns the preset with this name. The error suggests valid names.
func (c *Catalog) Preset(name string) (Preset, error) {
	var names []string
	for _, p := range c.Presets() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Preset{}, unknownError("preset", name, names)
}

// Lookup returns the feature with this name. It may be hidden.
func (c *Catalog) Lookup(name string) (Feature, bool) {
	f, ok := c.features[name]
	return f, ok
}

// Questions returns every question of the catalog: those of the base, then those of the features and the pairs in overlay
// order.
func (c *Catalog) Questions() []Question {
	return c.questions(func(string) bool { return true })
}

// questions returns the questions of the base, and of the features and pairs that are in the set, in overlay order.
func (c *Catalog) questions(in func(name string) bool) []Question {
	questions := slices.Clone(c.base.Questions)
	for _, name := range c.order {
		if in(name) {
			questions = append(questions, c.features[name].Questions...)
		}
	}
	for _, p := range c.pairs {
		if !slices.ContainsFunc(p.Features, func(name string) bool { return !in(name) }) {
			questions = append(questions, p.Questions...)
		}
	}
	return questions
}

// Required returns the visible features that a feature requires, sorted. It replaces a hidden feature with the
// requirements of that feature.
func (c *Catalog) Required(f Feature) []string {
	required := map[string]bool{}
	for _, name := range f.Requires {
		dependency := c.features[name]
		if !dependency.Hidden {
			required[name] = true
			continue
		}
		for _, indirect := range c.Required(dependency) {
			required[indirect] = true
		}
	}
	return sortedKeys(required)
}

// sortFeatures sorts the features topologically: each feature comes after its requirements, and after the features that
// its manifest lists. Otherwise hidden features come first, then the name decides. Every selection uses this order, so an additional feature never reorders the
// others.
func (c *Catalog) sortFeatures() []string {
	names := sortedKeys(c.features)
	slices.SortStableFunc(names, func(a, b string) int {
		return rank(c.features[a]) - rank(c.features[b])
	})
	var order []string
	placed := map[string]bool{}
	for len(order) < len(names) {
		for _, name := range names {
			ready := !slices.ContainsFunc(c.features[name].predecessors(), func(r string) bool { return !placed[r] })
			if !placed[name] && ready {
				placed[name] = true
				order = append(order, name)
				break
			}
		}
	}
	return order
}

func rank(f Feature) int {
	if f.Hidden {
		return 0
	}
	return 1
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
