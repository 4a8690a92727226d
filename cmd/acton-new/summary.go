package main

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// summaryPage shows the project and asks for confirmation.
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
		title: "Create " + w.name + "?",
		text:  p.summary,
		fields: []field{{title: "Continue?", answer: &w.decision, options: []option{
			{value: decideCreate, label: "Create the project"},
			{value: decideChange, label: "Change an answer"},
			{value: decideQuit, label: "Quit without writing"},
		}}},
	}, true, nil
}

// summary describes the project in at most height lines. If there is not enough room, it omits the tree first, then the
// number of files, then the answers. It always includes the command, which implies them.
func (p project) summary(width, height int) string {
	rows := []string{
		"Directory  " + p.req.displayDir(),
		"Module     " + p.plan.Answers.Module,
		"Features   " + p.featureList(),
	}
	command := "$ " + p.commandLine()
	room := height - countLines(strings.Join(append(rows, command), "\n"), width)
	if answers := p.answerFlags(); answers != "" {
		answers = "Answers    " + strings.ReplaceAll(wrapFlags(answers, width-len("Answers    ")), "\n", "\n           ")
		if n := countLines(answers, width); n <= room {
			rows, room = append(rows, answers), room-n
		}
	}
	if examples := p.examples(); examples != "" && room > 0 {
		rows, room = append(rows, ansi.Truncate("Examples   "+examples, width, "…")), room-1
	}
	if room > 0 {
		rows, room = append(rows, fmt.Sprintf("Files      %d", len(p.tree))), room-1
	}
	if room > 0 {
		for _, row := range newNode(p.plan.Answers.Name, p.tree).outline(width-2, room) {
			rows = append(rows, "  "+row)
		}
	}
	return strings.Join(append(rows, command), "\n")
}

func countLines(text string, width int) int { return strings.Count(wrap(text, width), "\n") + 1 }
