package features

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Selection holds the visible features and the values of choices (by flag) that a user has selected. Missing choices
// take their default.
type Selection struct {
	Features []string
	Choices  map[string]string
}

// Set is a resolved selection. It does not depend on the order of the selection.
type Set struct {
	visible   []string
	hidden    []string
	forced    map[string]string
	choices   map[string]string
	questions []Question
	folders   []Folder
}

// Folder is one overlay folder and its content.
type Folder struct {
	Name   string   // "base", or the names of its features with + between them
	Path   string   // relative to the root of the templates
	Files  []string // as in Feature
	Slots  []string // as in Feature
	Probes []string // as in Feature
	Proofs []string // as in Feature
}

// FilesPath returns the path of the files.
func (f Folder) FilesPath() string { return path.Join(f.Path, filesFolder) }

// SlotsPath returns the path of the fragments.
func (f Folder) SlotsPath() string { return path.Join(f.Path, slotsFolder) }

// ProofsPath returns the path of the proofs.
func (f Folder) ProofsPath() string { return path.Join(f.Path, proofsFolder) }

// ProbePath returns the path of the probe with this name.
func (f Folder) ProbePath(name string) string {
	return path.Join(f.Path, probesFolder, name+probeExtension)
}

// Features returns the visible features of the set, selected and required, sorted.
func (s Set) Features() []string { return slices.Clone(s.visible) }

// Hidden returns the hidden features of the set, sorted: default providers and values of choices.
func (s Set) Hidden() []string { return slices.Clone(s.hidden) }

// Forced maps each visible feature that was not selected to the feature that requires it.
func (s Set) Forced() map[string]string { return maps.Clone(s.forced) }

// Choices returns the value of every choice in the set, by flag.
func (s Set) Choices() map[string]string { return maps.Clone(s.choices) }

// Questions returns the questions of the base, then those of the features in overlay order.
func (s Set) Questions() []Question { return slices.Clone(s.questions) }

// Folders returns the overlay folders in order: the base, the features (each after its requirements), the pairs.
func (s Set) Folders() []Folder { return slices.Clone(s.folders) }

// Name returns a unique name of the set: the visible features, then each choice with a value other than the default.
// For example "cache+database,base-image=debian". Without visible features it starts with "none".
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

// Has reports whether the set contains the feature. The feature may be hidden.
func (s Set) Has(name string) bool {
	return slices.Contains(s.visible, name) || slices.Contains(s.hidden, name)
}

// Resolve resolves a selection. It rejects unknown features and values, choices that no feature of the set asks for,
// and two features that provide the same capability.
func (c *Catalog) Resolve(sel Selection) (Set, error) {
	r := resolution{catalog: c, in: map[string]bool{}, forced: map[string]string{}, choices: map[string]string{}}
	if err := r.choose(sel.Features); err != nil {
		return Set{}, err
	}
	if err := r.complete(sel.Choices); err != nil {
		return Set{}, err
	}
	for _, flag := range sortedKeys(sel.Choices) {
		if _, ok := r.choices[flag]; !ok {
			return Set{}, c.unusedError(flag)
		}
	}
	if err := r.checkConflicts(); err != nil {
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

// choose adds the selected features and their requirements.
func (r *resolution) choose(names []string) error {
	var known []string
	for _, f := range r.catalog.Visible() {
		known = append(known, f.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return unknownError("feature", name, known)
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

// require adds the requirements of a feature, and records the first feature that requires each of them.
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

// complete adds the values of choices and default providers until none is missing. Both can add requirements and
// questions. It resolves all choices before it adds a default provider, because the value of a choice may be a
// provider.
func (r *resolution) complete(chosen map[string]string) error {
	for {
		name, err := r.nextChoice(chosen)
		if err != nil {
			return err
		}
		if name == "" {
			name = r.missingProvider()
		}
		if name == "" {
			return nil
		}
		r.add(name)
	}
}

func (r *resolution) add(name string) {
	r.in[name] = true
	r.require(name)
}

// nextChoice sets the first open choice, and returns the hidden feature of its value. It returns "" if no choice is
// open.
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

// missingProvider returns the default provider of the first missing capability, by name, or "".
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
		if len(r.providers(capability)) > 0 {
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

// providers returns the features of the resolution that provide the capability, in the order of the catalog.
func (r *resolution) providers(capability string) []string {
	var names []string
	for _, name := range r.catalog.order {
		if r.in[name] && slices.Contains(r.catalog.features[name].Provides, capability) {
			names = append(names, name)
		}
	}
	return names
}

// checkConflicts returns an error if two features provide the same capability.
func (r *resolution) checkConflicts() error {
	for _, name := range r.catalog.order {
		if !r.in[name] {
			continue
		}
		for _, capability := range r.catalog.features[name].Provides {
			if p := r.providers(capability); len(p) > 1 {
				return fmt.Errorf("features %q and %q both provide %q; choose one of them", p[0], p[1], capability)
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
	s.folders = append(s.folders, Folder{Name: "base", Path: baseFolder, Files: c.base.Files, Slots: c.base.Slots, Probes: c.base.Probes, Proofs: c.base.Proofs})
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
		s.folders = append(s.folders, Folder{Name: name, Path: path.Join(featuresFolder, name), Files: f.Files, Slots: f.Slots, Probes: f.Probes, Proofs: f.Proofs})
	}
	for _, p := range c.pairs {
		if !slices.ContainsFunc(p.Features, func(name string) bool { return !r.in[name] }) {
			s.folders = append(s.folders, Folder{Name: p.Name, Path: p.Path, Files: p.Files, Slots: p.Slots, Probes: p.Probes, Proofs: p.Proofs})
		}
	}
	slices.Sort(s.visible)
	slices.Sort(s.hidden)
	return s
}

// SelectedBy describes what adds a feature to a set: the feature itself, or the flag with a value of a choice.
func (c *Catalog) SelectedBy(name string) string {
	for _, f := range append([]Feature{c.base}, c.All()...) {
		for _, q := range f.Questions {
			if value, ok := strings.CutPrefix(name, q.Flag+"-"); ok && q.Kind == KindChoice && q.check(value) == nil {
				return "--" + q.Flag + " " + value
			}
		}
	}
	return fmt.Sprintf("the feature %q", name)
}

// unusedError is the error for a choice that no feature of the set asks for.
func (c *Catalog) unusedError(flag string) error {
	var known []string
	for _, f := range append([]Feature{c.base}, c.All()...) {
		for _, q := range f.Questions {
			if q.Flag == flag {
				return fmt.Errorf("--%s: has an effect only with %s", flag, c.SelectedBy(f.Name))
			}
			known = append(known, q.Flag)
		}
	}
	return unknownError("question", flag, known)
}
