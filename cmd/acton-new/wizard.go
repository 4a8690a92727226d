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
	for _, q := range questionsOf(w.catalog) {
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

// request returns the answers so far as a request, and the questions that they ask.
func (w *wizard) request() (request, []features.Question, error) {
	r := *w.req
	given := map[string]string{}
	for flag, value := range w.values {
		given[flag] = *value
	}
	set, err := resolveAsked(w.catalog, w.chosen(""), given)
	if err != nil {
		return r, nil, err
	}
	r.answers = generator.Answers{Name: w.name, Module: w.module, Features: w.chosen(""), Values: map[string]string{}}
	for _, q := range set.Questions() {
		r.answers.Values[q.Flag] = *w.value(q)
	}
	return r, set.Questions(), nil
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
	r, _, err := w.request()
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

// questionPage asks one question, if the base, a chosen feature or the answer to an earlier question asks it.
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
	f := field{title: q.Title, help: q.Help, one: w.value(q), check: q.Check, placeholder: q.Default}
	for _, c := range q.Choices {
		f.options = append(f.options, option{value: c.Value, label: c.Title, detail: c.Help})
	}
	return page{title: fmt.Sprintf("Question %d of %d", i+1, len(questions)), fields: []field{f}}, true, nil
}

// wrapped is a text that does not depend on its room.
func wrapped(text string) func(int, int) string {
	if text == "" {
		return nil
	}
	return func(int, int) string { return text }
}
