package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
)

// pick chooses exactly these features.
func (w *wizard) pick(names []string) {
	for _, g := range w.catalog.Groups() {
		*w.picked[g.Name] = nil
		for _, f := range g.Features {
			if slices.Contains(names, f.Name) {
				*w.picked[g.Name] = append(*w.picked[g.Name], f.Name)
			}
		}
	}
}

// chosen returns the features that are chosen on all pages but one.
func (w *wizard) chosen(except string) []string {
	var names []string
	for group, list := range w.picked {
		if group != except {
			names = append(names, *list...)
		}
	}
	slices.Sort(names)
	return names
}

// resolve returns what the choice of features means.
func (w *wizard) resolve(names []string) (features.Set, error) {
	return w.catalog.Resolve(features.Selection{Features: names})
}

// presetPage offers a beginning for the pages of features.
func (w *wizard) presetPage() (page, bool, error) {
	w.module = strings.TrimSpace(w.module)
	f := field{title: "Begin with", help: "The next pages show what is chosen; anything can be changed there.", one: &w.preset}
	for _, p := range w.catalog.Presets() {
		f.options = append(f.options, option{value: p.Name, label: p.Name, detail: "features: " + orNone(p.Features)})
	}
	before := w.preset
	return page{title: "Features", fields: []field{f}, leave: func() {
		if w.preset != before {
			p, _ := w.catalog.Preset(w.preset) // an option is a preset
			w.pick(p.Features)
			before = w.preset
		}
	}}, true, nil
}

// groupPage lets the features of one group be chosen. What another page requires is told, and cannot be left out.
func (w *wizard) groupPage(g features.Group) (page, bool, error) {
	elsewhere, err := w.resolve(w.chosen(g.Name))
	if err != nil {
		return page{}, false, err
	}
	forced := elsewhere.Forced()
	f := field{title: "What to add", many: w.picked[g.Name], checkMany: func(names []string) error {
		_, err := w.resolve(append(w.chosen(g.Name), names...))
		return err
	}}
	var told []string
	for _, feature := range g.Features {
		by, ok := forced[feature.Name]
		if ok {
			told = append(told, fmt.Sprintf("%s is added, because %s requires it: %s", feature.Name, by, feature.Summary))
			*f.many = slices.DeleteFunc(*f.many, func(name string) bool { return name == feature.Name })
			continue
		}
		detail, err := w.detail(feature)
		if err != nil {
			return page{}, false, err
		}
		f.options = append(f.options, option{value: feature.Name, label: feature.Name + "  " + feature.Title, detail: detail})
	}
	p := page{title: "Features: " + g.Name, text: wrapped(strings.Join(told, "\n")), note: func() string { return w.consequences(*w.picked[g.Name]) }}
	if len(f.options) > 0 {
		p.fields = []field{f}
	}
	return p, true, nil
}

// detail says what a feature adds and costs.
func (w *wizard) detail(f features.Feature) (string, error) {
	if _, ok := w.costs[f.Name]; !ok {
		c, err := costOf(w.catalog, w.deps, f)
		if err != nil {
			return "", err
		}
		w.costs[f.Name] = c.String()
	}
	detail := fmt.Sprintf("%s Adds %s.", f.Summary, w.costs[f.Name])
	if required := w.catalog.Required(f); len(required) > 0 {
		detail += " Requires " + strings.Join(required, ", ") + "."
	}
	return detail, nil
}

// consequences tells which features are forced by these, which are chosen.
func (w *wizard) consequences(chosen []string) string {
	set, err := w.resolve(w.chosen(""))
	if err != nil {
		return ""
	}
	var lines []string
	forced := set.Forced()
	for _, name := range slices.Sorted(maps.Keys(forced)) {
		if slices.Contains(chosen, forced[name]) {
			lines = append(lines, fmt.Sprintf("%s is added: %s requires it.", name, forced[name]))
		}
	}
	return strings.Join(lines, "\n")
}
