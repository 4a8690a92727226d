package features

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The presets that no manifest names, because they follow from the catalog.
const (
	PresetMinimal = "minimal" // no feature
	PresetFull    = "full"    // every visible feature
)

// Catalog is every feature there is. It does not change after Load.
type Catalog struct {
	base     Feature
	features map[string]Feature
	order    []string // features so that what is required comes first; see sortFeatures
	pairs    []Pair   // by folder name
}

// Pair is a folder that applies when all of several features are chosen: auth+cache.
type Pair struct {
	Name     string   // the folder's name
	Features []string // the features it is for, sorted
	Traces   []string // words that must not occur unless all of them are chosen
	Files    []string // as in Feature
	Slots    []string // as in Feature
	Probes   []string // as in Feature
	Proofs   []string // as in Feature
}

// Load reads the catalog from the root of the templates: _base, and one folder below _features for each feature. It
// fails unless the catalog is sound, and then with everything that is wrong.
func Load(fsys fs.FS) (*Catalog, error) {
	base, err := loadFolder(fsys, baseFolder, "")
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
			problems = append(problems, fmt.Errorf("%s: not a folder", folder))
			continue
		}
		f, err := loadFolder(fsys, folder, name)
		switch {
		case err != nil:
			problems = append(problems, err)
		case strings.Contains(name, "+"):
			c.pairs = append(c.pairs, Pair{
				Name: name, Features: strings.Split(name, "+"), Traces: f.Traces, Files: f.Files, Slots: f.Slots, Probes: f.Probes, Proofs: f.Proofs,
			})
		default:
			c.features[name] = f
		}
	}
	if len(problems) == 0 {
		problems = c.validate()
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("catalog: %w", errors.Join(problems...))
	}
	c.order = c.sortFeatures()
	return c, nil
}

// Base returns the base as if it were a feature; its name is empty.
func (c *Catalog) Base() Feature { return c.base }

// Pairs returns the folders that apply to several features at once, by name.
func (c *Catalog) Pairs() []Pair { return slices.Clone(c.pairs) }

// All returns every feature, hidden ones too, in the order in which they are laid over the base.
func (c *Catalog) All() []Feature {
	all := make([]Feature, 0, len(c.order))
	for _, name := range c.order {
		all = append(all, c.features[name])
	}
	return all
}

// Visible returns the features that can be chosen, by name.
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

// Groups returns the visible features as pages, both by name.
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

// Presets returns minimal, the presets of the manifests by name, and full.
func (c *Catalog) Presets() []Preset {
	members := map[string][]string{}
	full := Preset{Name: PresetFull}
	for _, f := range c.Visible() {
		full.Features = append(full.Features, f.Name)
		for _, p := range f.Presets {
			members[p] = append(members[p], f.Name)
		}
	}
	presets := []Preset{{Name: PresetMinimal}}
	for _, name := range sortedKeys(members) {
		presets = append(presets, Preset{Name: name, Features: members[name]})
	}
	return append(presets, full)
}

// Preset returns the preset with this name; the error names those there are.
func (c *Catalog) Preset(name string) (Preset, error) {
	var names []string
	for _, p := range c.Presets() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Preset{}, unknown("preset", name, names)
}

// Lookup returns the feature with this name, hidden ones too.
func (c *Catalog) Lookup(name string) (Feature, bool) {
	f, ok := c.features[name]
	return f, ok
}

// Questions returns what is asked when these features are chosen: first what the base asks, then what they and the
// features they require ask, in order. Names that the catalog does not know ask nothing.
func (c *Catalog) Questions(chosen []string) []Question {
	in := map[string]bool{}
	for _, name := range chosen {
		c.require(name, in)
	}
	questions := slices.Clone(c.base.Questions)
	for _, name := range c.order {
		if in[name] {
			questions = append(questions, c.features[name].Questions...)
		}
	}
	return questions
}

// require adds a known feature, and what it requires, to in.
func (c *Catalog) require(name string, in map[string]bool) {
	f, ok := c.features[name]
	if !ok || in[name] {
		return
	}
	in[name] = true
	for _, r := range f.Requires {
		c.require(r, in)
	}
}

// Required returns the visible features that one requires, sorted: where it requires a hidden one, those that that one
// requires.
func (c *Catalog) Required(f Feature) []string {
	required := map[string]bool{}
	for _, name := range f.Requires {
		if needed := c.features[name]; !needed.Hidden {
			required[name] = true
		} else {
			for _, behind := range c.Required(needed) {
				required[behind] = true
			}
		}
	}
	return sortedKeys(required)
}

// sortFeatures puts what is required first; where that leaves a choice, hidden features come first, then the name
// decides. The order within any selection is this order with the rest left out, so adding a feature to a selection never
// swaps two others.
func (c *Catalog) sortFeatures() []string {
	names := sortedKeys(c.features)
	slices.SortStableFunc(names, func(a, b string) int {
		return rank(c.features[a]) - rank(c.features[b])
	})
	var order []string
	placed := map[string]bool{}
	for len(order) < len(names) {
		for _, name := range names {
			ready := !slices.ContainsFunc(c.features[name].Requires, func(r string) bool { return !placed[r] })
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
