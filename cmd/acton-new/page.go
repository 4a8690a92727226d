package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// page is one page of the wizard. Pages are plain values: only form.go depends on the forms library.
type page struct {
	title    string
	text     func(width, height int) string // text above the fields, at most height lines; may be nil
	fields   []field
	note     func() string // text below the fields that depends on the answers; may be nil
	onField  func()        // called when the user has answered a field before the last; may change the answers of later ones, and be nil
	onSubmit func()        // called when the user has answered the page; may be nil
}

// field is one question. Exactly one of answer and answers is set; it holds the current answer and receives the new
// one.
type field struct {
	title        string
	help         string
	placeholder  string
	fallback     func() string // the default, which a text input shows as placeholder and typing replaces; may be nil
	options      []option      // empty for a text input
	answer       *string
	answers      *[]string
	check        func(string) error   // validates answer
	checkAnswers func([]string) error // validates answers
}

type option struct {
	value  string
	label  string
	detail string // shown while the cursor is on the option
}

// step builds a page from the answers so far. It runs each time the user reaches the page, forwards or backwards.
// ok is false if there is nothing to ask.
type step func() (p page, ok bool, err error)

// dialog shows the pages of the steps on a terminal.
type dialog struct {
	in         io.Reader
	out        io.Writer
	accessible bool
	steps      []step
}

func (p page) submit() {
	if p.onSubmit != nil {
		p.onSubmit()
	}
}

func (p page) answered() {
	if p.onField != nil {
		p.onField()
	}
}

// height returns the number of lines that the fields need.
func (p page) height() int {
	lines := 0
	for _, f := range p.fields {
		lines += 1 + min(len(f.help), 1) + max(len(f.options), 1) + 1
	}
	return lines - 1
}

// defaultAnswer returns the default of a text input, or "".
func (f field) defaultAnswer() string {
	if f.fallback == nil {
		return ""
	}
	return f.fallback()
}

// replaceable is the answer to a text input with a default. While the input is empty, it is the default.
type replaceable struct{ field }

// Get returns the text of the input.
func (r replaceable) Get() string {
	if *r.answer == r.defaultAnswer() {
		return ""
	}
	return *r.answer
}

// Set stores the text of the input.
func (r replaceable) Set(text string) { *r.answer = cmp.Or(text, r.defaultAnswer()) }

// hasNotes reports whether the page can show text below its fields.
func (p page) hasNotes() bool {
	for _, f := range p.fields {
		for _, o := range f.options {
			if o.detail != "" {
				return true
			}
		}
	}
	return p.note != nil
}

// clip wraps text to a width and keeps at most the given number of lines. An ellipsis marks what it cuts.
func clip(text string, width, lines int) string {
	all := strings.Split(wrap(text, width), "\n")
	if lines > 0 && len(all) > lines {
		all = all[:lines]
		all[lines-1] = ansi.Truncate(all[lines-1], max(width-2, 8), "") + " …"
	}
	return strings.TrimRight(strings.Join(all[:min(lines, len(all))], "\n"), "\n")
}

// enlarge follows a text that does not fit the terminal.
const enlarge = "Enlarge the terminal to see the rest."

// shorten returns the rows, each in one line. If there are too many, they follow each other, and the end says how many are
// missing.
func shorten(rows []string, width, height int) string {
	if len(rows) <= height {
		lines := make([]string, len(rows))
		for i, row := range rows {
			lines[i] = ansi.Truncate(row, max(width, 10), "…")
		}
		return strings.Join(lines, "\n")
	}
	for n := len(rows); n > 0; n-- {
		text := strings.Join(rows[:n], " · ")
		if n < len(rows) {
			text += fmt.Sprintf(" · and %d more", len(rows)-n)
		}
		if countLines(text, width) <= height {
			return text
		}
	}
	return ansi.Truncate(fmt.Sprintf("%d answers", len(rows)), max(width, 10), "…")
}

// wrap breaks lines at spaces. The library also breaks them at hyphens, which an address or a flag must not lose.
func wrap(text string, width int) string {
	const hyphen = "\u2011" // does not break
	return strings.ReplaceAll(ansi.Wrap(strings.ReplaceAll(text, "-", hyphen), max(width, 10), " "), hyphen, "-")
}
