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
	leftOut   []Folder
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

// LeftOut returns the files of the whole catalog that the project does not have, because a feature that is not in the set
// owns their paths.
func (s Set) LeftOut() []Folder { return slices.Clone(s.leftOut) }

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

// Resolve resolves a selection. It rejects unknown features and values, choices that no feature of the set asks for
// (except the value none), and two features that provide the same capability.
func (c *Catalog) Resolve(sel Selection) (Set, error) {
	r := resolution{catalog: c, in: map[string]bool{}, forced: map[string]string{}, choices: map[string]string{}}
	if err := r.choose(sel.Features); err != nil {
		return Set{}, err
	}
	if err := r.complete(sel.Choices); err != nil {
		return Set{}, err
	}
	for _, flag := range sortedKeys(sel.Choices) {
		if _, ok := r.choices[flag]; ok {
			continue
		}
		if err := c.checkUnused(flag, sel.Choices[flag]); err != nil {
			return Set{}, err
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
		if words := strings.Fields(name); len(words) > 1 {
			return fmt.Errorf("unknown feature %q; separate features by commas: %s", name, strings.Join(words, ","))
		}
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
	return r.catalog.questions(func(name string) bool { return r.in[name] })
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
	r.leaveOut(&s)
	slices.Sort(s.visible)
	slices.Sort(s.hidden)
	return s
}

// leaveOut moves the files that an absent feature owns from the folders of the set to leftOut.
func (r *resolution) leaveOut(s *Set) {
	var owned []string
	for _, name := range r.catalog.order {
		if !r.in[name] {
			owned = append(owned, r.catalog.features[name].Owns...)
		}
	}
	if len(owned) == 0 {
		return
	}
	isOwned := func(file string) bool {
		return slices.ContainsFunc(owned, func(path string) bool { return owns(path, ProjectPath(file)) })
	}
	add := func(folder string, files []string) {
		if files = slices.DeleteFunc(slices.Clone(files), func(f string) bool { return !isOwned(f) }); len(files) > 0 {
			s.leftOut = append(s.leftOut, Folder{Path: folder, Files: files})
		}
	}
	add(baseFolder, r.catalog.base.Files)
	for _, f := range r.catalog.All() {
		add(path.Join(featuresFolder, f.Name), f.Files)
	}
	for _, p := range r.catalog.pairs {
		add(p.Path, p.Files)
	}
	for i := range s.folders {
		s.folders[i].Files = slices.DeleteFunc(slices.Clone(s.folders[i].Files), isOwned)
		s.folders[i].Proofs = slices.DeleteFunc(slices.Clone(s.folders[i].Proofs), isOwned)
	}
}

// owns reports whether a file of the project is the path, or is below it if the path ends with a slash.
func owns(path, file string) bool {
	return file == path || strings.HasSuffix(path, "/") && strings.HasPrefix(file, path)
}

// ProjectPath returns the path of a template in the project: it replaces the prefix dot_ of names such as dot_gitignore
// with a dot. A .gitignore among the templates would apply to the templates.
func ProjectPath(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		if rest, ok := strings.CutPrefix(part, "dot_"); ok {
			parts[i] = "." + rest
		}
	}
	return strings.Join(parts, "/")
}

// SelectedBy describes what adds a feature or a pair to a set: the feature itself, the flag with a value of a choice, or
// what selects a feature that requires it.
func (c *Catalog) SelectedBy(name string) string {
	for _, p := range c.pairs {
		if p.Name == name {
			var each []string
			for _, f := range p.Features {
				each = append(each, c.SelectedBy(f))
			}
			return strings.Join(each, " and ")
		}
	}
	if flag, value, ok := c.ChoiceOf(name); ok {
		return "--" + flag + " " + value
	}
	if f := c.features[name]; f.Hidden {
		var requirers []string
		for _, other := range c.All() {
			if slices.Contains(other.Requires, name) {
				requirers = append(requirers, c.SelectedBy(other.Name))
			}
		}
		if len(requirers) > 0 {
			return strings.Join(requirers, " or ")
		}
	}
	return fmt.Sprintf("the feature %q", name)
}

// ChoiceOf returns the flag and the value of the choice that selects a feature.
func (c *Catalog) ChoiceOf(name string) (flag, value string, ok bool) {
	for _, q := range c.Questions() {
		if value, ok := strings.CutPrefix(name, q.Flag+"-"); ok && q.Kind == KindChoice && q.check(value) == nil {
			return q.Flag, value, true
		}
	}
	return "", "", false
}

// checkUnused returns an error for a choice that no feature of the set asks for. The value none is not an error: there is
// none of what the choice would bring.
func (c *Catalog) checkUnused(flag, value string) error {
	var known []string
	for _, q := range c.Questions() {
		if q.Flag != flag {
			known = append(known, q.Flag)
			continue
		}
		if value == ValueNone && q.check(value) == nil {
			return nil
		}
		return fmt.Errorf("--%s: has an effect only with %s", flag, c.SelectedBy(q.Feature))
	}
	return unknownError("question", flag, known)
}
