package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
)

// wizard asks for a request, beginning with what the request holds already.
type wizard struct {
	catalog *features.Catalog
	deps    deps
	req     *request

	name     string
	module   string
	derived  string               // the module path that was offered last
	preset   string               // the preset that was taken last
	picked   map[string]*[]string // chosen features by group
	values   map[string]*string   // answers by flag
	offered  map[string]string    // the default that was offered last, by flag
	costs    map[string]string    // what a feature costs, by name
	decision string
}

// What can be said to the summary.
const (
	decideCreate = "create"
	decideChange = "change"
	decideLeave  = "leave"
)

// run asks until the summary is agreed to, and leaves the answers in the request.
func (w *wizard) run(ctx context.Context, d dialog) error {
	w.fill()
	d.steps = []step{w.namePage, w.modulePage}
	if len(w.catalog.Visible()) > 0 {
		if _, given := w.req.origins["features"]; !given {
			d.steps = append(d.steps, w.presetPage)
		}
		for _, g := range w.catalog.Groups() {
			d.steps = append(d.steps, func() (page, bool, error) { return w.groupPage(g) })
		}
	}
	d.steps = append(d.steps, w.questionsPage, w.summaryPage)
	for {
		w.decision = decideCreate
		if err := d.run(ctx); err != nil {
			return err
		}
		switch w.decision {
		case decideCreate:
			return w.store()
		case decideLeave:
			return errInterrupted
		}
	}
}

// fill takes what the request holds.
func (w *wizard) fill() {
	w.name, w.module, w.derived = w.req.answers.Name, w.req.answers.Module, ""
	if _, given := w.req.origins["module"]; !given {
		w.module = ""
	}
	if base := filepath.Base(w.req.absolute()); w.name == "" && w.req.dir != "" && generator.CheckName(base) == nil {
		w.name = base
	}
	w.preset = features.PresetMinimal
	w.picked, w.costs = map[string]*[]string{}, map[string]string{}
	for _, g := range w.catalog.Groups() {
		w.picked[g.Name] = &[]string{}
	}
	w.pick(w.req.answers.Features)
	w.values, w.offered = map[string]*string{}, map[string]string{}
	for flag, value := range w.req.answers.Values {
		w.values[flag] = &value
	}
}

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

// request returns the answers so far as a request.
func (w *wizard) request() (request, error) {
	r := *w.req
	set, err := w.resolve(w.chosen(""))
	if err != nil {
		return r, err
	}
	r.answers = generator.Answers{Name: w.name, Module: w.module, Features: w.chosen(""), Values: map[string]string{}}
	asked := set.Questions()
	for {
		// The value of a choice can ask questions of its own.
		for _, q := range asked {
			r.answers.Values[q.Flag] = *w.value(q)
		}
		set, _, err := r.resolve(w.catalog)
		if err != nil || len(set.Questions()) == len(asked) {
			return r, err
		}
		asked = set.Questions()
	}
}

// value returns where the answer to a question is kept, with the default in it when there is none yet.
func (w *wizard) value(q features.Question) *string {
	standard := generator.DefaultValue(q, w.name, w.module)
	v, ok := w.values[q.Flag]
	if !ok {
		v = new(string)
		w.values[q.Flag] = v
	}
	if offered, ok := w.offered[q.Flag]; *v == "" || ok && *v == offered {
		*v = standard
	}
	w.offered[q.Flag] = standard
	return v
}

// store leaves the answers in the request.
func (w *wizard) store() error {
	r, err := w.request()
	if err != nil {
		return err
	}
	if w.module != w.derived {
		r.moduleFrom = ""
	}
	*w.req = r
	return nil
}

func (w *wizard) namePage() (page, bool, error) {
	return page{
		title: "A new service",
		text:  wrapped("The name is that of its directory, its command and its image."),
		fields: []field{{
			title: "Name", placeholder: "billing-api", one: &w.name, check: w.checkName,
		}},
	}, true, nil
}

func (w *wizard) checkName(name string) error {
	if err := generator.CheckName(name); err != nil {
		return err
	}
	target := w.req.targetFor(name)
	entries, err := os.ReadDir(target)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s exists and is not a directory: take another name", target)
	case len(entries) > 1 || len(entries) == 1 && entries[0].Name() != ".git":
		return fmt.Errorf("the directory %s is not empty: take another name, or --dir", target)
	}
	return nil
}

func (w *wizard) modulePage() (page, bool, error) {
	w.name = strings.TrimSpace(w.name)
	derived, reason := w.req.surround.module(w.req.targetFor(w.name), w.name)
	if w.module == "" || w.module == w.derived {
		w.module, w.req.moduleFrom = derived, reason
	}
	w.derived = derived
	text := "What its imports begin with, most often where its repository will be."
	if w.module == derived {
		text += " This one is " + reason + "."
	}
	return page{
		title: "Go module path",
		text:  wrapped(text),
		fields: []field{{
			title: "Module", placeholder: derived, one: &w.module, check: generator.CheckModule,
		}},
	}, true, nil
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
	if len(f.Requires) > 0 {
		detail += " Requires " + strings.Join(f.Requires, ", ") + "."
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

// questionsPage asks what the base and the chosen features ask.
func (w *wizard) questionsPage() (page, bool, error) {
	w.module = strings.TrimSpace(w.module)
	r, err := w.request()
	if err != nil {
		return page{}, false, err
	}
	set, _, err := r.resolve(w.catalog)
	if err != nil {
		return page{}, false, err
	}
	p := page{title: "Questions"}
	for _, q := range set.Questions() {
		f := field{title: q.Title, help: q.Help, one: w.value(q), check: q.Check, placeholder: q.Default}
		for _, c := range q.Choices {
			f.options = append(f.options, option{value: c.Value, label: c.Title, detail: c.Help})
		}
		p.fields = append(p.fields, f)
	}
	return p, len(p.fields) > 0, nil
}

// wrapped is a text that does not depend on its room.
func wrapped(text string) func(int, int) string {
	if text == "" {
		return nil
	}
	return func(int, int) string { return text }
}
