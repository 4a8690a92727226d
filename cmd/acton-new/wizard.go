package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/writer"
)

// wizard prompts for the answers of a request. It starts from the answers that the request already has.
type wizard struct {
	catalog *features.Catalog
	deps    deps
	req     *request

	name     string
	module   string
	branch   string
	derived  string             // last default of the module path
	preset   string             // last preset that was applied
	selected []string           // selected features
	values   map[string]*string // answers by flag
	offered  map[string]string  // last default of each answer, by flag
	costs    map[string]string  // cost of each feature, by name
	others   string             // keepOthers or changeOthers
	examples map[string]bool    // flags of the questions on the page of the other answers
	decision string
	changing string // the answer to change after the summary
	all      bool   // ask for what flags and files have answered, too
}

// noPreset is the answer to the page of presets that selects none of them.
const noPreset = "none"

// The answers to the page of the other questions.
const (
	keepOthers   = "keep"
	changeOthers = "change"
)

// resourceFlag is the question with a page of its own: every project has it.
const resourceFlag = "resource"

// The answers to the summary page.
const (
	decideCreate = "create"
	decideChange = "change"
	decideQuit   = "quit"
)

// run shows the pages until the user confirms the summary, and stores the answers in the request.
func (w *wizard) run(ctx context.Context, d dialog) error {
	w.prefill()
	d.steps = []step{w.servicePage}
	if len(w.catalog.Visible()) > 0 {
		d.steps = append(d.steps, w.presetPage, w.featuresPage)
	}
	d.steps = append(d.steps, w.resourcePage, w.othersPage)
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
		w.all = true
		d.steps = []step{w.changePage, w.changedPage, w.summaryPage}
	}
}

// asks reports whether the wizard asks for an answer: a flag or a file may have given it.
func (w *wizard) asks(key string) bool {
	_, given := w.req.origins[key]
	return w.all || !given
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
	w.preset, w.others = noPreset, keepOthers
	w.selected, w.costs = slices.Clone(w.req.answers.Features), map[string]string{}
	w.values, w.offered = map[string]*string{}, map[string]string{}
	for flag, value := range w.req.answers.Values {
		w.values[flag] = &value
	}
}

// request returns the answers so far as a request, and the questions of the selected features.
func (w *wizard) request() (request, []features.Question, error) {
	r := *w.req
	w.name, w.module = strings.TrimSpace(w.name), strings.TrimSpace(w.module)
	given := map[string]string{}
	for flag, value := range w.values {
		*value = strings.TrimSpace(*value)
		given[flag] = *value
	}
	chosen := slices.Sorted(slices.Values(w.selected))
	set, err := resolveWithValues(w.catalog, chosen, given)
	if err != nil {
		return r, nil, err
	}
	r.plan = nil
	r.answers = generator.Answers{Name: w.name, Module: w.module, Branch: w.branch, Features: chosen, Values: map[string]string{}}
	for _, q := range set.Questions() {
		r.answers.Values[q.Flag] = *w.value(q)
	}
	return r, set.Questions(), nil
}

// value returns a pointer to the answer to a question. An answer that is empty or equals the last default becomes the
// current default.
func (w *wizard) value(q features.Question) *string {
	current := generator.DefaultValue(q, generator.Answers{Name: w.name, Module: w.module, Branch: w.branch})
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

// servicePage asks for the name and the module path. The default of the path depends on the name.
func (w *wizard) servicePage() (page, bool, error) {
	w.deriveModule()
	p := page{
		title:   "New service",
		onField: w.deriveModule,
		note: func() string {
			if w.module == "" || w.module != w.derived {
				return ""
			}
			return "This module path is " + w.req.moduleReason + "."
		},
	}
	if w.asks("name") || w.checkName(w.name) != nil {
		p.fields = append(p.fields, field{
			title: "Name", help: "The directory, the command and the image get this name.", placeholder: "billing-api",
			answer: &w.name, check: w.checkName,
		})
	}
	if w.asks("module") {
		p.fields = append(p.fields, field{
			title: "Module", help: "The prefix of every import path, usually the address of the repository.",
			answer: &w.module, check: generator.CheckModule, fallback: func() string { return w.derived },
		})
	}
	return p, len(p.fields) > 0, nil
}

// deriveModule gives the module path its default, unless it has been answered.
func (w *wizard) deriveModule() {
	w.name, w.module = strings.TrimSpace(w.name), strings.TrimSpace(w.module)
	if w.name == "" {
		return
	}
	derived, reason := w.req.location.defaultModule(w.req.targetFor(w.name), w.name)
	named := *w.req
	named.answers.Name = w.name
	w.branch = named.branch()
	if w.module == "" || w.module == w.derived {
		w.module, w.req.moduleReason = derived, reason
	}
	w.derived = derived
}

func (w *wizard) checkName(name string) error {
	if err := generator.CheckName(name); err != nil {
		return err
	}
	if err := writer.CheckTarget(writer.Target{Dir: w.req.targetFor(name), Repository: w.req.repository}); err != nil {
		return fmt.Errorf("choose another name: %w", err)
	}
	return nil
}

// resourcePage asks for the noun of the sample API.
func (w *wizard) resourcePage() (page, bool, error) {
	_, questions, err := w.request()
	i := slices.IndexFunc(questions, func(q features.Question) bool { return q.Flag == resourceFlag })
	if err != nil || i < 0 || !w.asks(resourceFlag) {
		return page{}, false, err
	}
	return page{title: "Sample API", fields: []field{w.field(questions[i])}}, true, nil
}

// otherQuestions returns the questions that have no page before the list of the other answers.
func (w *wizard) otherQuestions() ([]features.Question, error) {
	_, questions, err := w.request()
	return slices.DeleteFunc(questions, func(q features.Question) bool { return q.Flag == resourceFlag || !w.asks(q.Flag) }), err
}

// othersPage asks for the answers that are examples, and shows the other ones, which most users keep.
func (w *wizard) othersPage() (page, bool, error) {
	questions, err := w.otherQuestions()
	if err != nil || len(questions) == 0 {
		return page{}, false, err
	}
	p, rows, flags := page{title: "Everything else"}, []string(nil), []string(nil)
	w.examples = map[string]bool{}
	for _, q := range questions {
		if q.Example {
			p.fields, w.examples[q.Flag] = append(p.fields, w.field(q)), true
		} else {
			rows, flags = append(rows, w.row(q)), append(flags, "--"+q.Flag, *w.value(q))
		}
	}
	if len(rows) > 0 {
		p.text = func(width, height int) string {
			short := wrapFlags(join(flags), width)
			if len(rows) > height && countLines(short, width) <= height {
				return short
			}
			return shorten(rows, width, height)
		}
		p.fields = append(p.fields, field{title: "Keep the answers above?", answer: &w.others, options: []option{
			{value: keepOthers, label: "Keep them"},
			{value: changeOthers, label: "Go through them"},
		}})
	}
	return p, true, nil
}

// questionPage asks one of the other questions, if the base, a selected feature or an earlier answer requires it.
func (w *wizard) questionPage(flag string) (page, bool, error) {
	questions, err := w.otherQuestions()
	questions = slices.DeleteFunc(questions, func(q features.Question) bool { return w.examples[q.Flag] })
	i := slices.IndexFunc(questions, func(q features.Question) bool { return q.Flag == flag })
	if err != nil || i < 0 || w.others == keepOthers {
		return page{}, false, err
	}
	title := fmt.Sprintf("Question %d of %d", i+1, len(questions))
	return page{title: title, fields: []field{w.field(questions[i])}}, true, nil
}

// field returns the field of a question.
func (w *wizard) field(q features.Question) field {
	q.Default = generator.DefaultValue(q, generator.Answers{Name: w.name, Module: w.module, Branch: w.branch})
	f := field{title: q.Title, help: q.Help, answer: w.value(q), check: generator.CheckAnswer(q), fallback: func() string { return q.Default }}
	for _, c := range q.Choices {
		f.options = append(f.options, option{value: c.Value, label: c.Title, detail: c.Help})
	}
	for _, value := range q.Values {
		f.options = append(f.options, option{value: value, label: value})
	}
	return f
}

// row returns a question with its answer.
func (w *wizard) row(q features.Question) string {
	answer := *w.value(q)
	for _, c := range q.Choices {
		if c.Value == answer {
			answer = c.Title
		}
	}
	if generator.IsExample(q, generator.Answers{Name: w.name, Module: w.module, Branch: w.branch}, answer) {
		answer += " (an example)"
	}
	return q.Title + ": " + answer
}
