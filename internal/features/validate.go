package features

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// wordPattern matches the names of features, capabilities, presets, groups, values and flags.
var wordPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// reservedFlags are the command's own flags and the keys of the answers file. A question cannot use them.
var reservedFlags = []string{
	"module", "features", "preset", "dir", "yes", "answers", "dry-run", "json", "no-git", "git", "help", "version",
	"accessible", "name", "schema", "generator", "values", "hash",
}

// validate returns every error in the catalog.
func (c *Catalog) validate() []error {
	var v validator
	v.base(c.base)
	for _, name := range sortedKeys(c.features) {
		v.feature(c, c.features[name])
	}
	for i, p := range c.pairs {
		if i > 0 && c.pairs[i-1].Name == p.Name {
			v.add(p.Path, "%s is for the same features; keep one of the two folders", c.pairs[i-1].Path)
		}
		v.pair(c, p)
	}
	v.cycles(c)
	v.capabilities(c)
	v.questions(c)
	v.presets(c)
	return v.problems
}

type validator struct{ problems []error }

func (v *validator) add(where, format string, args ...any) {
	v.problems = append(v.problems, fmt.Errorf("%s: "+format, append([]any{where}, args...)...))
}

func manifestOf(name string) string {
	if name == "" {
		return baseFolder + "/" + manifestFile
	}
	return featuresFolder + "/" + name + "/" + manifestFile
}

func (v *validator) base(f Feature) {
	where := manifestOf("")
	v.texts(where, f)
	if f.Group != "" || f.Requires != nil || f.After != nil || f.Provides != nil || f.Default || f.Hidden || f.Presets != nil || f.Traces != nil || f.Owns != nil {
		v.add(where, "the base can set only title, summary, needs and questions")
	}
	if f.Slots != nil {
		v.add(where, "the base cannot fill slots")
	}
}

func (v *validator) texts(where string, f Feature) {
	if f.Title == "" {
		v.add(where, "title is missing")
	}
	if f.Summary == "" {
		v.add(where, "summary is missing")
	}
	if strings.ContainsAny(f.Title+f.Summary, "\n\r\t") {
		v.add(where, "title and summary must be one line each")
	}
}

func (v *validator) feature(c *Catalog, f Feature) {
	where := manifestOf(f.Name)
	v.texts(where, f)
	if !wordPattern.MatchString(f.Name) || len(f.Name) > 30 {
		v.add(where, "the name of a feature must have at most 30 lower-case letters, digits and single hyphens")
	}
	switch {
	case f.Hidden && (f.Group != "" || f.Presets != nil):
		v.add(where, "a hidden feature cannot have a group or presets")
	case !f.Hidden && !wordPattern.MatchString(f.Group):
		v.add(where, "group %q must be a lower-case word", f.Group)
	}
	if f.Default && len(f.Provides) == 0 {
		v.add(where, "default requires provides: a default provider must provide a capability")
	}
	for key, words := range map[string][]string{
		"requires": f.Requires, "after": f.After, "needs": f.Needs, "provides": f.Provides, "presets": f.Presets, "traces": f.Traces,
	} {
		v.list(where, key, words)
	}
	for key, names := range map[string][]string{"requires": f.Requires, "after": f.After} {
		for _, name := range names {
			if _, ok := c.features[name]; !ok {
				v.problems = append(v.problems, fmt.Errorf("%s: %s: %w", where, key, unknownError("feature", name, sortedKeys(c.features))))
			}
		}
	}
	v.owns(c, where, f)
	if len(f.Files) == 0 && len(f.Slots) == 0 && len(f.Requires) == 0 {
		v.add(where, "the feature is empty; add files, slots or requires")
	}
}

// owns rejects paths of visible features, and paths below which the templates have no file, which are misspelt.
func (v *validator) owns(c *Catalog, where string, f Feature) {
	if f.Owns != nil && !f.Hidden {
		v.add(where, "owns: allowed only in a hidden feature")
	}
	for _, path := range f.Owns {
		has := func(files []string) bool {
			return slices.ContainsFunc(files, func(file string) bool { return owns(path, ProjectPath(file)) })
		}
		if !has(c.base.Files) && !slices.ContainsFunc(sortedKeys(c.features), func(name string) bool { return has(c.features[name].Files) }) {
			v.add(where, "owns: no template has the path %q; end that of a folder with a slash", path)
		}
	}
}

// list rejects malformed and duplicate words in a list of the manifest.
func (v *validator) list(where, key string, words []string) {
	seen := map[string]bool{}
	for _, w := range words {
		switch {
		case key == "traces" && len(w) < 3:
			v.add(where, "traces: %q is too short; use at least 3 characters", w)
		case key != "traces" && !wordPattern.MatchString(w):
			v.add(where, "%s: %q must be a lower-case word", key, w)
		case seen[w]:
			v.add(where, "%s: %q occurs twice", key, w)
		}
		seen[w] = true
	}
}

func (v *validator) pair(c *Catalog, p Pair) {
	where := p.Path
	if len(slices.Compact(slices.Clone(p.Features))) != len(p.Features) {
		v.add(where, "the name of the folder must be that of another feature")
	}
	for _, name := range p.Features {
		if _, ok := c.features[name]; !ok {
			v.problems = append(v.problems, fmt.Errorf("%s: %w", where, unknownError("feature", name, sortedKeys(c.features))))
		}
	}
	if len(p.Files) == 0 && len(p.Slots) == 0 && len(p.Probes) == 0 && len(p.Proofs) == 0 {
		v.add(where, "the folder is empty; add files, slots, probes or proofs")
	}
	v.list(where, "traces", p.Traces)
}

// cycles rejects features that come after themselves, directly or indirectly.
func (v *validator) cycles(c *Catalog) {
	for _, name := range sortedKeys(c.features) {
		before := map[string]bool{}
		for _, f := range c.features[name].predecessors() {
			c.collectPredecessors(f, before)
		}
		if before[name] {
			v.add(manifestOf(name), "requires, after: %q comes after itself, directly or indirectly", name)
		}
	}
}

// collectPredecessors adds a feature and all features before it. It ignores unknown names.
func (c *Catalog) collectPredecessors(name string, into map[string]bool) {
	f, ok := c.features[name]
	if !ok || into[name] {
		return
	}
	into[name] = true
	for _, before := range f.predecessors() {
		c.collectPredecessors(before, into)
	}
}

// capabilities checks that every capability that a feature needs has exactly one default provider.
func (v *validator) capabilities(c *Catalog) {
	defaults := map[string]string{}
	for _, name := range sortedKeys(c.features) {
		f := c.features[name]
		if !f.Default {
			continue
		}
		for _, capability := range f.Provides {
			if other, ok := defaults[capability]; ok {
				v.add(manifestOf(name), "provides: %q already has the default provider %q", capability, other)
				continue
			}
			defaults[capability] = name
		}
	}
	checkNeeds := func(f Feature) {
		for _, capability := range f.Needs {
			if _, ok := defaults[capability]; !ok {
				v.add(manifestOf(f.Name), "needs: %q has no default provider", capability)
			}
		}
	}
	checkNeeds(c.base)
	for _, name := range sortedKeys(c.features) {
		checkNeeds(c.features[name])
	}
}

func (v *validator) questions(c *Catalog) {
	owner := map[string]string{}
	samples := map[string]string{}
	check := func(manifest string, questions []Question) {
		for _, q := range questions {
			where := fmt.Sprintf("%s: question %q", manifest, q.Flag)
			if other, ok := owner[q.Flag]; ok {
				v.add(where, "%s already has a question with this flag", other)
			}
			owner[q.Flag] = manifest
			if other, ok := samples[q.Sample]; ok && q.Sample != "" {
				v.add(where, "sample %q: question %q already uses it", q.Sample, other)
			}
			samples[q.Sample] = q.Flag
			v.question(c, where, q)
		}
	}
	check(manifestOf(""), c.base.Questions)
	for _, name := range sortedKeys(c.features) {
		check(manifestOf(name), c.features[name].Questions)
	}
	for _, p := range c.pairs {
		check(p.Path+"/"+manifestFile, p.Questions)
	}
}

func (v *validator) question(c *Catalog, where string, q Question) {
	if !wordPattern.MatchString(q.Flag) || slices.Contains(reservedFlags, q.Flag) {
		v.add(where, "the flag must be a lower-case word that is not a flag of the command")
	}
	if q.Title == "" {
		v.add(where, "title is missing")
	}
	switch q.Kind {
	case KindText, KindNumber:
		if q.Choices != nil {
			v.add(where, "choices: allowed only with the kind choice")
		}
		if len(q.Sample) < 4 {
			v.add(where, "sample %q is too short to be unique; use at least 4 characters", q.Sample)
		}
	case KindNoun:
		if q.Choices != nil || q.Sample != "" || q.Feature != "" {
			v.add(where, "the kind noun is for one question of the base, without choices and sample")
		}
	case KindChoice:
		if q.Sample != "" || len(q.Choices) < 2 {
			v.add(where, "the kind choice requires at least two choices and no sample")
		}
		for _, choice := range q.Choices {
			f, ok := c.features[q.Flag+"-"+choice.Value]
			if !ok || !f.Hidden {
				v.add(where, "value %q: add the hidden feature %s-%s", choice.Value, q.Flag, choice.Value)
			}
		}
	default:
		v.add(where, "unknown kind %q; choose from %s, %s, %s, %s", q.Kind, KindText, KindNumber, KindNoun, KindChoice)
		return
	}
	if q.Kind != KindText && (q.Except != nil || q.Form != "" || q.Values != nil || q.Example) || (q.Pattern == "") != (q.Form == "") || q.Pattern != "" && q.Values != nil {
		v.add(where, "a question of the kind text has a pattern with a form, or values, or neither; no other kind has them")
	}
	if q.Kind != KindNumber && (q.Min != 0 || q.Max != 0) || q.Kind != KindText && q.Pattern != "" {
		v.add(where, "min and max are allowed only with the kind number, pattern only with the kind text")
	}
	if _, err := regexp.Compile(q.Pattern); err != nil {
		v.add(where, "pattern: %w", err)
		return
	}
	if _, err := strconv.Atoi(q.Sample); q.Kind == KindNumber && err != nil {
		v.add(where, "sample %q is not a number", q.Sample)
	}
	if err := q.check(q.Default); err != nil {
		v.add(where, "default: %w", err)
	}
}

// presets rejects the names of the predefined presets.
func (v *validator) presets(c *Catalog) {
	for _, name := range sortedKeys(c.features) {
		for _, p := range c.features[name].Presets {
			if p == PresetMinimal || p == PresetFull {
				v.add(manifestOf(name), "presets: %q is predefined; remove it", p)
			}
		}
	}
}
