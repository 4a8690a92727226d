package features

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Selection is what somebody chose: visible features, and values of choices by flag. Choices that are not there take
// their default.
type Selection struct {
	Features []string
	Choices  map[string]string
}

// Set is a resolved selection. It depends on what was selected, not on the order.
type Set struct {
	visible   []string
	hidden    []string
	forced    map[string]string
	choices   map[string]string
	questions []Question
	folders   []Folder
}

// Folder is one overlay: where it stands, and what it holds.
type Folder struct {
	Path   string   // from the root of the templates
	Files  []string // as in Feature
	Slots  []string // as in Feature
	Probes []string // as in Feature
	Proofs []string // as in Feature
}

// FilesPath is the folder of the files.
func (f Folder) FilesPath() string { return path.Join(f.Path, filesFolder) }

// SlotsPath is the folder of the fragments.
func (f Folder) SlotsPath() string { return path.Join(f.Path, slotsFolder) }

// ProofsPath is the folder of the proofs.
func (f Folder) ProofsPath() string { return path.Join(f.Path, proofsFolder) }

// ProbePath is where the probe with this name stands.
func (f Folder) ProbePath(name string) string {
	return path.Join(f.Path, probesFolder, name+probeExtension)
}

// Features returns the visible features, chosen and forced, sorted.
func (s Set) Features() []string { return slices.Clone(s.visible) }

// Hidden returns the hidden features that came along, sorted: default providers and values of choices.
func (s Set) Hidden() []string { return slices.Clone(s.hidden) }

// Forced returns the visible features that were not chosen, each with the feature that requires it.
func (s Set) Forced() map[string]string { return maps.Clone(s.forced) }

// Choices returns the value of every choice that is asked, by flag.
func (s Set) Choices() map[string]string { return maps.Clone(s.choices) }

// Questions returns everything that is asked, in order: the base first.
func (s Set) Questions() []Question { return slices.Clone(s.questions) }

// Folders returns the overlay folders in order: the base, the features so that what is required comes first, the folders
// for several features.
func (s Set) Folders() []Folder { return slices.Clone(s.folders) }

// Name tells sets apart in one word: the visible features, then each choice whose value is not the default, such as
// "cache+database,base-image=debian". It is "none" for what nobody chose.
func (s Set) Name() string {
	parts := []string{"none"}
	if len(s.visible) > 0 {
		parts[0] = strings.Join(s.visible, "+")
	}
	for _, q := range s.questions {
		if value, ok := s.choices[q.Flag]; ok && value != q.Default {
			parts = append(parts, q.Flag+"="+value)
		}
	}
	return strings.Join(parts, ",")
}

// Has tells whether the feature, visible or hidden, is in the set.
func (s Set) Has(name string) bool {
	return slices.Contains(s.visible, name) || slices.Contains(s.hidden, name)
}

// Resolve returns what the selection means. It fails on names and values that the catalog does not know, on choices that
// nobody asks for, and when two chosen features provide the same capability.
func (c *Catalog) Resolve(sel Selection) (Set, error) {
	r := resolution{catalog: c, in: map[string]bool{}, forced: map[string]string{}, choices: map[string]string{}}
	if err := r.choose(sel.Features); err != nil {
		return Set{}, err
	}
	if err := r.settle(sel.Choices); err != nil {
		return Set{}, err
	}
	for _, flag := range sortedKeys(sel.Choices) {
		if _, ok := r.choices[flag]; !ok {
			return Set{}, c.unasked(flag)
		}
	}
	if err := r.conflict(); err != nil {
		return Set{}, err
	}
	return r.set(), nil
}

// resolution is the state of one call of Resolve.
type resolution struct {
	catalog *Catalog
	in      map[string]bool
	forced  map[string]string
	choices map[string]string
}

// choose adds the selected features and what they require.
func (r *resolution) choose(names []string) error {
	var known []string
	for _, f := range r.catalog.Visible() {
		known = append(known, f.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return unknown("feature", name, known)
		}
	}
	sorted := slices.Sorted(slices.Values(names))
	for _, name := range sorted {
		r.in[name] = true
	}
	for _, name := range sorted {
		r.require(name)
	}
	return nil
}

// require adds what a feature requires, and notes who was the first to require it.
func (r *resolution) require(name string) {
	for _, needed := range r.catalog.features[name].Requires {
		if r.in[needed] {
			continue
		}
		r.in[needed] = true
		r.forced[needed] = name
		r.require(needed)
	}
}

// settle adds values of choices and default providers until nothing is missing. Both can bring requirements and
// questions of their own. Providers wait until no choice is open, because the value of a choice may be the provider.
func (r *resolution) settle(chosen map[string]string) error {
	for {
		open, err := r.nextChoice(chosen)
		if err != nil {
			return err
		}
		if open != "" {
			r.add(open)
			continue
		}
		missing := r.missingProvider()
		if missing == "" {
			return nil
		}
		r.add(missing)
	}
}

func (r *resolution) add(name string) {
	r.in[name] = true
	r.require(name)
}

// nextChoice answers the first choice that is open, and returns the hidden feature that the answer means.
func (r *resolution) nextChoice(chosen map[string]string) (string, error) {
	for _, q := range r.questions() {
		if q.Kind != KindChoice {
			continue
		}
		if _, done := r.choices[q.Flag]; done {
			continue
		}
		value, ok := chosen[q.Flag]
		if !ok {
			value = q.Default
		}
		if err := q.Check(value); err != nil {
			return "", err
		}
		r.choices[q.Flag] = value
		return q.Flag + "-" + value, nil
	}
	return "", nil
}

// missingProvider returns the default provider of the first capability, by name, that is needed and not provided.
func (r *resolution) missingProvider() string {
	needed := map[string]bool{}
	for _, capability := range r.catalog.base.Needs {
		needed[capability] = true
	}
	for name := range r.in {
		for _, capability := range r.catalog.features[name].Needs {
			needed[capability] = true
		}
	}
	for _, capability := range sortedKeys(needed) {
		if len(r.providers(capability, nil)) > 0 {
			continue
		}
		for _, name := range r.catalog.order {
			f := r.catalog.features[name]
			if f.Default && slices.Contains(f.Provides, capability) {
				return name
			}
		}
	}
	return ""
}

// providers appends the features of the resolution that provide the capability, in the catalog's order.
func (r *resolution) providers(capability string, to []string) []string {
	for _, name := range r.catalog.order {
		if r.in[name] && slices.Contains(r.catalog.features[name].Provides, capability) {
			to = append(to, name)
		}
	}
	return to
}

// conflict is the error for two features that provide the same capability.
func (r *resolution) conflict() error {
	for _, name := range r.catalog.order {
		if !r.in[name] {
			continue
		}
		for _, capability := range r.catalog.features[name].Provides {
			if p := r.providers(capability, nil); len(p) > 1 {
				return fmt.Errorf("features %q and %q both provide %q: choose one", p[0], p[1], capability)
			}
		}
	}
	return nil
}

func (r *resolution) questions() []Question {
	questions := slices.Clone(r.catalog.base.Questions)
	for _, name := range r.catalog.order {
		if r.in[name] {
			questions = append(questions, r.catalog.features[name].Questions...)
		}
	}
	return questions
}

func (r *resolution) set() Set {
	c := r.catalog
	s := Set{forced: map[string]string{}, choices: r.choices, questions: r.questions()}
	s.folders = append(s.folders, Folder{Path: baseFolder, Files: c.base.Files, Slots: c.base.Slots, Probes: c.base.Probes, Proofs: c.base.Proofs})
	for _, name := range c.order {
		if !r.in[name] {
			continue
		}
		f := c.features[name]
		if f.Hidden {
			s.hidden = append(s.hidden, name)
		} else {
			s.visible = append(s.visible, name)
			if by, ok := r.forced[name]; ok {
				s.forced[name] = by
			}
		}
		s.folders = append(s.folders, Folder{Path: path.Join(featuresFolder, name), Files: f.Files, Slots: f.Slots, Probes: f.Probes, Proofs: f.Proofs})
	}
	for _, p := range c.pairs {
		if !slices.ContainsFunc(p.Features, func(name string) bool { return !r.in[name] }) {
			s.folders = append(s.folders, Folder{Path: path.Join(featuresFolder, p.Name), Files: p.Files, Slots: p.Slots, Probes: p.Probes, Proofs: p.Proofs})
		}
	}
	slices.Sort(s.visible)
	slices.Sort(s.hidden)
	return s
}

// Way says how a feature comes into a project: by its name, or by the value of a choice.
func (c *Catalog) Way(name string) string {
	for _, f := range append([]Feature{c.base}, c.All()...) {
		for _, q := range f.Questions {
			if value, ok := strings.CutPrefix(name, q.Flag+"-"); ok && q.Kind == KindChoice && q.check(value) == nil {
				return "--" + q.Flag + " " + value
			}
		}
	}
	return fmt.Sprintf("the feature %q", name)
}

// unasked is the error for the value of a choice that this selection does not ask for.
func (c *Catalog) unasked(flag string) error {
	var known []string
	for _, f := range append([]Feature{c.base}, c.All()...) {
		for _, q := range f.Questions {
			if q.Flag == flag {
				return fmt.Errorf("--%s: has an effect only with %s", flag, c.Way(f.Name))
			}
			known = append(known, q.Flag)
		}
	}
	return unknown("question", flag, known)
}
