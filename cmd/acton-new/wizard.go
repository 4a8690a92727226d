package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
)

// wizard prompts for the answers of a request. It starts from the answers that the request already has.
type wizard struct {
	catalog *features.Catalog
	deps    deps
	req     *request

	name     string
	module   string
	derived  string               // last default of the module path
	preset   string               // last preset that was applied
	selected map[string]*[]string // selected features by group
	values   map[string]*string   // answers by flag
	offered  map[string]string    // last default of each answer, by flag
	costs    map[string]string    // cost of each feature, by name
	decision string
}

// noPreset is the answer to the page of presets that selects none of them.
const noPreset = "none"

// The answers to the summary page.
const (
	decideCreate = "create"
	decideChange = "change"
	decideQuit   = "quit"
)

// run shows the pages until the user confirms the summary, and stores the answers in the request.
func (w *wizard) run(ctx context.Context, d dialog) error {
	w.prefill()
	d.steps = []step{w.namePage, w.modulePage}
	if len(w.catalog.Visible()) > 0 {
		if _, given := w.req.origins["features"]; !given {
			d.steps = append(d.steps, w.presetPage)
		}
		for _, g := range w.catalog.Groups() {
			d.steps = append(d.steps, func() (page, bool, error) { return w.groupPage(g) })
		}
	}
	for _, q := range w.catalog.Questions() {
		d.steps = append(d.steps, func() (page, bool, error) { return w.questionPage(q.Flag) })
	}
	d.steps = append(d.steps, w.summaryPage)
	for {
		w.decision = decideCreate
		if err := d.run(ctx); err != nil {
			return err
		}
		switch w.decision {
		case decideCreate:
			return w.store()
		case decideQuit:
			return errInterrupted
		}
	}
}

// prefill copies the answers of the request.
func (w *wizard) prefill() {
	w.name, w.module, w.derived = w.req.answers.Name, w.req.answers.Module, ""
	if _, given := w.req.origins["module"]; !given {
		w.module = ""
	}
	if base := filepath.Base(w.req.absolute()); w.name == "" && w.req.dir != "" && generator.CheckName(base) == nil {
		w.name = base
	}
	w.preset = noPreset
	w.selected, w.costs = map[string]*[]string{}, map[string]string{}
	for _, g := range w.catalog.Groups() {
		w.selected[g.Name] = &[]string{}
	}
	w.selectFeatures(w.req.answers.Features)
	w.values, w.offered = map[string]*string{}, map[string]string{}
	for flag, value := range w.req.answers.Values {
		w.values[flag] = &value
	}
}

// request returns the answers so far as a request, and the questions of the selected features.
func (w *wizard) request() (request, []features.Question, error) {
	r := *w.req
	given := map[string]string{}
	for flag, value := range w.values {
		given[flag] = *value
	}
	set, err := resolveWithValues(w.catalog, w.selectedExcept(""), given)
	if err != nil {
		return r, nil, err
	}
	r.plan = nil
	r.answers = generator.Answers{Name: w.name, Module: w.module, Features: w.selectedExcept(""), Values: map[string]string{}}
	for _, q := range set.Questions() {
		r.answers.Values[q.Flag] = *w.value(q)
	}
	return r, set.Questions(), nil
}

// value returns a pointer to the answer to a question. An answer that is empty or equals the last default becomes the
// current default.
func (w *wizard) value(q features.Question) *string {
	current := generator.DefaultValue(q, w.name, w.module)
	v, ok := w.values[q.Flag]
	if !ok {
		v = new(string)
		w.values[q.Flag] = v
	}
	if offered, ok := w.offered[q.Flag]; *v == "" || ok && *v == offered {
		*v = current
	}
	w.offered[q.Flag] = current
	return v
}

// store copies the answers to the request.
func (w *wizard) store() error {
	r, _, err := w.request()
	if err != nil {
		return err
	}
	if w.module != w.derived {
		r.moduleReason = ""
	}
	*w.req = r
	return nil
}

func (w *wizard) namePage() (page, bool, error) {
	return page{
		title: "New service",
		text:  fixedText("The directory, the command and the image get this name."),
		fields: []field{{
			title: "Name", placeholder: "billing-api", answer: &w.name, check: w.checkName,
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
		return fmt.Errorf("%s exists and is not a directory; choose another name", target)
	case len(entries) > 1 || len(entries) == 1 && entries[0].Name() != ".git":
		return fmt.Errorf("the directory %s is not empty; choose another name, or use --dir", target)
	}
	return nil
}

func (w *wizard) modulePage() (page, bool, error) {
	w.name = strings.TrimSpace(w.name)
	derived, reason := w.req.location.defaultModule(w.req.targetFor(w.name), w.name)
	if w.module == "" || w.module == w.derived {
		w.module, w.req.moduleReason = derived, reason
	}
	w.derived = derived
	text := "The prefix of every import path, usually the address of the repository."
	if w.module == derived {
		text += " This one is " + reason + "."
	}
	return page{
		title: "Go module path",
		text:  fixedText(text),
		fields: []field{{
			title: "Module", placeholder: derived, answer: &w.module, check: generator.CheckModule,
		}},
	}, true, nil
}

// questionPage asks one question, if the base, a selected feature or an earlier answer requires it.
func (w *wizard) questionPage(flag string) (page, bool, error) {
	w.module = strings.TrimSpace(w.module)
	_, questions, err := w.request()
	if err != nil {
		return page{}, false, err
	}
	i := slices.IndexFunc(questions, func(q features.Question) bool { return q.Flag == flag })
	if i < 0 {
		return page{}, false, nil
	}
	q := questions[i]
	q.Default = generator.DefaultValue(q, w.name, w.module)
	f := field{title: q.Title, help: q.Help, answer: w.value(q), check: q.Check, placeholder: q.Default}
	for _, c := range q.Choices {
		f.options = append(f.options, option{value: c.Value, label: c.Title, detail: c.Help})
	}
	return page{title: fmt.Sprintf("Question %d of %d", i+1, len(questions)), fields: []field{f}}, true, nil
}

// fixedText returns a page text that does not depend on the size of the screen.
func fixedText(text string) func(int, int) string {
	if text == "" {
		return nil
	}
	return func(int, int) string { return text }
}
