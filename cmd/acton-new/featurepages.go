package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
)

// selectFeatures replaces the selection with these features.
func (w *wizard) selectFeatures(names []string) {
	for _, g := range w.catalog.Groups() {
		*w.selected[g.Name] = nil
		for _, f := range g.Features {
			if slices.Contains(names, f.Name) {
				*w.selected[g.Name] = append(*w.selected[g.Name], f.Name)
			}
		}
	}
}

// selectedExcept returns the features that are selected in every group except one. An empty name excludes no group.
func (w *wizard) selectedExcept(group string) []string {
	var names []string
	for name, list := range w.selected {
		if name != group {
			names = append(names, *list...)
		}
	}
	slices.Sort(names)
	return names
}

func (w *wizard) resolve(names []string) (features.Set, error) {
	return w.catalog.Resolve(features.Selection{Features: names})
}

// presetPage asks for the preset that pre-selects features on the next pages.
func (w *wizard) presetPage() (page, bool, error) {
	w.module = strings.TrimSpace(w.module)
	f := field{
		title: "Preset", help: "It answers the next pages. You can change each answer there.", answer: &w.preset,
	}
	f.options = append(f.options, option{value: noPreset, label: noPreset, detail: "no feature, and every other answer has its default"})
	for _, p := range w.catalog.Presets() {
		f.options = append(f.options, option{value: p.Name, label: p.Name, detail: "features: " + presetSummary(p)})
	}
	before := w.preset
	return page{title: "Features", fields: []field{f}, onSubmit: func() {
		if w.preset != before {
			last, _ := w.catalog.Preset(before) // without a preset, it has no features and no choices
			for flag := range last.Choices {
				delete(w.values, flag)
			}
			p, _ := w.catalog.Preset(w.preset)
			w.selectFeatures(p.Features)
			for flag, value := range p.Choices {
				w.values[flag] = &value
			}
			before = w.preset
		}
	}}, true, nil
}

// groupPage asks for the features of one group. Features that another group requires are listed and cannot be
// deselected.
func (w *wizard) groupPage(g features.Group) (page, bool, error) {
	elsewhere, err := w.resolve(w.selectedExcept(g.Name))
	if err != nil {
		return page{}, false, err
	}
	forced := elsewhere.Forced()
	f := field{title: "Features to add", answers: w.selected[g.Name], checkAnswers: func(names []string) error {
		_, err := w.resolve(append(w.selectedExcept(g.Name), names...))
		return err
	}}
	var notices []string
	for _, feature := range g.Features {
		by, ok := forced[feature.Name]
		if ok {
			notices = append(notices, fmt.Sprintf("%s is added because %s requires it: %s", feature.Name, by, feature.Summary))
			*f.answers = slices.DeleteFunc(*f.answers, func(name string) bool { return name == feature.Name })
			continue
		}
		detail, err := w.detail(feature)
		if err != nil {
			return page{}, false, err
		}
		f.options = append(f.options, option{value: feature.Name, label: feature.Name + "  " + feature.Title, detail: detail})
	}
	p := page{
		title: "Features: " + g.Name, text: fixedText(strings.Join(notices, "\n")),
		note: func() string { return w.requirements(*w.selected[g.Name]) },
	}
	if len(f.options) > 0 {
		p.fields = []field{f}
	}
	return p, true, nil
}

// detail returns the summary of a feature, the number of files and modules that it adds, and its requirements.
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

// requirements lists the features that are added because one of the chosen features requires them.
func (w *wizard) requirements(chosen []string) string {
	set, err := w.resolve(w.selectedExcept(""))
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
