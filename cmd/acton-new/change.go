package main

import (
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
)

// The rows of the list of answers that are not questions.
const (
	changeService  = "name"
	changeFeatures = "features"
	changeNothing  = "-"
)

// changePage lists all answers, to change one of them.
func (w *wizard) changePage() (page, bool, error) {
	_, questions, err := w.request()
	if err != nil {
		return page{}, false, err
	}
	w.changing = changeService
	options := []option{{value: changeService, label: "Name and module: " + w.name + ", " + w.module}}
	if len(w.catalog.Visible()) > 0 {
		selected := "none"
		if len(w.selected) > 0 {
			selected = strings.Join(slices.Sorted(slices.Values(w.selected)), ", ")
		}
		options = append(options, option{value: changeFeatures, label: "Features: " + selected})
	}
	for _, q := range questions {
		options = append(options, option{value: q.Flag, label: w.row(q)})
	}
	options = append(options, option{value: changeNothing, label: "Nothing: back to the summary"})
	return page{title: "Change an answer", fields: []field{{title: "Which one?", answer: &w.changing, options: options}}}, true, nil
}

// changedPage asks for the answer that the user chose to change.
func (w *wizard) changedPage() (page, bool, error) {
	switch w.changing {
	case changeNothing:
		return page{}, false, nil
	case changeService:
		return w.servicePage()
	case changeFeatures:
		return w.featuresPage()
	}
	_, questions, err := w.request()
	i := slices.IndexFunc(questions, func(q features.Question) bool { return q.Flag == w.changing })
	if err != nil || i < 0 {
		return page{}, false, err
	}
	return page{title: "Change an answer", fields: []field{w.field(questions[i])}}, true, nil
}
