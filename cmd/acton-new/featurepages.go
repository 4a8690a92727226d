package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
)

func (w *wizard) resolve(names []string) (features.Set, error) {
	return w.catalog.Resolve(features.Selection{Features: names})
}

// presetPage asks for the preset that pre-selects features on the next pages.
func (w *wizard) presetPage() (page, bool, error) {
	if !w.asks("features") {
		return page{}, false, nil
	}
	f := field{
		title: "Preset", help: "It answers the next pages. You can change each answer there.", answer: &w.preset,
	}
	f.options = append(f.options, option{value: noPreset, label: "your own selection", detail: "starts without features, and with the default of every other answer"})
	for _, p := range w.catalog.Presets() {
		f.options = append(f.options, option{value: p.Name, label: p.Name, detail: "features: " + presetSummary(p)})
	}
	before := w.preset
	return page{title: "Preset", fields: []field{f}, onSubmit: func() {
		if w.preset != before {
			last, _ := w.catalog.Preset(before) // without a preset, it has no features and no choices
			for flag := range last.Choices {
				delete(w.values, flag)
			}
			p, _ := w.catalog.Preset(w.preset)
			w.selected = slices.Clone(p.Features)
			for flag, value := range p.Choices {
				w.values[flag] = &value
			}
			before = w.preset
		}
	}}, true, nil
}

// featuresPage asks for the features of all groups.
func (w *wizard) featuresPage() (page, bool, error) {
	if !w.asks("features") {
		return page{}, false, nil
	}
	f := field{title: "Features to add", answers: &w.selected, checkAnswers: func(names []string) error {
		_, err := w.resolve(names)
		return err
	}}
	for _, g := range w.catalog.Groups() {
		for _, feature := range g.Features {
			detail, err := w.detail(feature)
			if err != nil {
				return page{}, false, err
			}
			label := fmt.Sprintf("%s  %s (%s)", feature.Name, feature.Title, g.Name)
			f.options = append(f.options, option{value: feature.Name, label: label, detail: detail})
		}
	}
	return page{title: "Features", fields: []field{f}, note: w.requirements}, true, nil
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

// requirements lists the features that are added because a selected feature requires them.
func (w *wizard) requirements() string {
	set, err := w.resolve(w.selected)
	if err != nil {
		return ""
	}
	var lines []string
	forced := set.Forced()
	for _, name := range slices.Sorted(maps.Keys(forced)) {
		lines = append(lines, fmt.Sprintf("%s is added: %s requires it.", name, forced[name]))
	}
	return strings.Join(lines, "\n")
}
