package features

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// wordPattern is what names of features, capabilities, presets, groups and values look like, and flags too.
var wordPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// reservedFlags are the command's own, so no question can have them.
var reservedFlags = []string{
	"module", "features", "preset", "dir", "yes", "answers", "dry-run", "json", "no-git", "git", "help", "version",
	"accessible", "name", "schema", "generator", "values", "hash",
}

// validate returns everything that is wrong with the catalog as a whole.
func (c *Catalog) validate() []error {
	var v validator
	v.base(c.base)
	for _, name := range sortedKeys(c.features) {
		v.feature(c, c.features[name])
	}
	for _, p := range c.pairs {
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
	if f.Group != "" || f.Requires != nil || f.Provides != nil || f.Default || f.Hidden || f.Presets != nil || f.Traces != nil {
		v.add(where, "the base can only set title, summary, needs and questions")
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
		v.add(where, "title and summary are one line each")
	}
}

func (v *validator) feature(c *Catalog, f Feature) {
	where := manifestOf(f.Name)
	v.texts(where, f)
	if !wordPattern.MatchString(f.Name) || len(f.Name) > 30 {
		v.add(where, "a feature is named in at most 30 lower-case letters, digits and single hyphens")
	}
	switch {
	case f.Hidden && (f.Group != "" || f.Presets != nil):
		v.add(where, "a hidden feature has neither group nor presets")
	case !f.Hidden && !wordPattern.MatchString(f.Group):
		v.add(where, "group %q must be a lower-case word", f.Group)
	}
	if f.Default && len(f.Provides) == 0 {
		v.add(where, "default needs provides")
	}
	for key, words := range map[string][]string{
		"requires": f.Requires, "needs": f.Needs, "provides": f.Provides, "presets": f.Presets, "traces": f.Traces,
	} {
		v.list(where, key, words)
	}
	for _, r := range f.Requires {
		if _, ok := c.features[r]; !ok {
			v.problems = append(v.problems, fmt.Errorf("%s: requires: %w", where, unknown("feature", r, sortedKeys(c.features))))
		}
	}
	if len(f.Files) == 0 && len(f.Slots) == 0 && len(f.Requires) == 0 {
		v.add(where, "the feature brings nothing")
	}
}

// list checks one list of words for empty ones and repetition.
func (v *validator) list(where, key string, words []string) {
	seen := map[string]bool{}
	for _, w := range words {
		switch {
		case key == "traces" && len(w) < 3:
			v.add(where, "traces: %q is too short to be found by", w)
		case key != "traces" && !wordPattern.MatchString(w):
			v.add(where, "%s: %q must be a lower-case word", key, w)
		case seen[w]:
			v.add(where, "%s: %q occurs twice", key, w)
		}
		seen[w] = true
	}
}

func (v *validator) pair(c *Catalog, p Pair) {
	where := featuresFolder + "/" + p.Name
	if !slices.IsSorted(p.Features) || len(slices.Compact(slices.Clone(p.Features))) != len(p.Features) {
		v.add(where, "features in a folder's name are sorted and different")
	}
	for _, name := range p.Features {
		if _, ok := c.features[name]; !ok {
			v.problems = append(v.problems, fmt.Errorf("%s: %w", where, unknown("feature", name, sortedKeys(c.features))))
		}
	}
	if len(p.Files) == 0 && len(p.Slots) == 0 && len(p.Probes) == 0 && len(p.Proofs) == 0 {
		v.add(where, "the folder brings nothing")
	}
	v.list(where, "traces", p.Traces)
}

// cycles reports each feature that requires itself in the end.
func (v *validator) cycles(c *Catalog) {
	for _, name := range sortedKeys(c.features) {
		in := map[string]bool{}
		for _, r := range c.features[name].Requires {
			c.require(r, in)
		}
		if in[name] {
			v.add(manifestOf(name), "requires: %q requires itself in the end", name)
		}
	}
}

// capabilities wants one default provider, without needs of its own that nobody meets, for whatever is needed.
func (v *validator) capabilities(c *Catalog) {
	defaults := map[string]string{}
	for _, name := range sortedKeys(c.features) {
		f := c.features[name]
		if !f.Default {
			continue
		}
		for _, capability := range f.Provides {
			if other, ok := defaults[capability]; ok {
				v.add(manifestOf(name), "provides: %q has the default provider %q already", capability, other)
				continue
			}
			defaults[capability] = name
		}
	}
	need := func(f Feature) {
		for _, capability := range f.Needs {
			if _, ok := defaults[capability]; !ok {
				v.add(manifestOf(f.Name), "needs: %q has no default provider", capability)
			}
		}
	}
	need(c.base)
	for _, name := range sortedKeys(c.features) {
		need(c.features[name])
	}
}

func (v *validator) questions(c *Catalog) {
	owner := map[string]string{}
	samples := map[string]string{}
	ask := func(f Feature) {
		for _, q := range f.Questions {
			where := fmt.Sprintf("%s: question %q", manifestOf(f.Name), q.Flag)
			if other, ok := owner[q.Flag]; ok {
				v.add(where, "asked by %s already", other)
			}
			owner[q.Flag] = manifestOf(f.Name)
			if other, ok := samples[q.Sample]; ok && q.Sample != "" {
				v.add(where, "sample %q is that of %q already", q.Sample, other)
			}
			samples[q.Sample] = q.Flag
			v.question(c, where, q)
		}
	}
	ask(c.base)
	for _, name := range sortedKeys(c.features) {
		ask(c.features[name])
	}
}

func (v *validator) question(c *Catalog, where string, q Question) {
	if !wordPattern.MatchString(q.Flag) || slices.Contains(reservedFlags, q.Flag) {
		v.add(where, "flag must be a lower-case word that the command does not use itself")
	}
	if q.Title == "" {
		v.add(where, "title is missing")
	}
	switch q.Kind {
	case KindText, KindNumber:
		if q.Choices != nil {
			v.add(where, "only a choice has choices")
		}
		if len(q.Sample) < 4 {
			v.add(where, "sample %q is too short to be unique", q.Sample)
		}
	case KindChoice:
		if q.Sample != "" || len(q.Choices) < 2 {
			v.add(where, "a choice has at least two choices and no sample")
		}
		for _, choice := range q.Choices {
			f, ok := c.features[q.Flag+"-"+choice.Value]
			if !ok || !f.Hidden {
				v.add(where, "value %q needs the hidden feature %s-%s", choice.Value, q.Flag, choice.Value)
			}
		}
	default:
		v.add(where, "kind %q is none of %s, %s, %s", q.Kind, KindText, KindNumber, KindChoice)
		return
	}
	if q.Kind != KindNumber && (q.Min != 0 || q.Max != 0) || q.Kind != KindText && q.Pattern != "" {
		v.add(where, "min and max are for numbers, pattern is for texts")
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

// presets keeps the two names that mean themselves.
func (v *validator) presets(c *Catalog) {
	for _, name := range sortedKeys(c.features) {
		for _, p := range c.features[name].Presets {
			if p == PresetMinimal || p == PresetFull {
				v.add(manifestOf(name), "presets: %q follows from the catalog and is not written", p)
			}
		}
	}
}
