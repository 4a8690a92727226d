package main

import (
	"fmt"
	"strings"
)

// summaryPage shows what will be made and asks whether to make it.
func (w *wizard) summaryPage() (page, bool, error) {
	r, _, err := w.request()
	if err != nil {
		return page{}, false, err
	}
	p, err := r.project(w.catalog, w.deps)
	if err != nil {
		return page{}, false, err
	}
	return page{
		title: "Make " + w.name + "?",
		text:  p.summary,
		fields: []field{{title: "Is that right?", one: &w.decision, options: []option{
			{value: decideCreate, label: "Make it"},
			{value: decideChange, label: "Change something"},
			{value: decideLeave, label: "Leave, writing nothing"},
		}}},
	}, true, nil
}

// summary describes the project in at most so many lines. The command is never left out for the answers or the tree,
// which it implies.
func (p project) summary(width, height int) string {
	facts := []string{
		"Directory  " + p.req.homely(),
		"Module     " + p.answers.Module,
		"Features   " + p.features(),
	}
	command := "$ " + p.commandLine()
	room := height - countLines(strings.Join(append(facts, command), "\n"), width)
	if answers := p.questionLine(); answers != "" {
		answers = "Answers    " + answers
		if n := countLines(answers, width); n <= room {
			facts, room = append(facts, answers), room-n
		}
	}
	if room > 0 {
		facts, room = append(facts, fmt.Sprintf("Files      %d", len(p.tree))), room-1
	}
	if room > 0 {
		for _, row := range nodes(p.answers.Name, p.tree).outline(width-2, room) {
			facts = append(facts, "  "+row)
		}
	}
	return strings.Join(append(facts, command), "\n")
}

func countLines(text string, width int) int { return strings.Count(wrap(text, width), "\n") + 1 }
