package main

import (
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// page is what the wizard asks at once. Pages are plain values, so that the forms library behind form.go can be replaced.
type page struct {
	title  string
	text   func(width, height int) string // what to know before answering, in at most so many lines; may be nil
	fields []field
	note   func() string // what follows from the answers so far; may be nil
	leave  func()        // called when the page is answered; may be nil
}

// field is one question. Exactly one of one and many is set: where the answer is, and where it goes.
type field struct {
	title       string
	help        string
	placeholder string
	options     []option // none: a line of text
	one         *string
	many        *[]string
	check       func(string) error   // of a line of text
	checkMany   func([]string) error // of several options
}

// option is one possible answer.
type option struct {
	value  string
	label  string // short
	detail string // shown while the option is under the cursor
}

// step makes a page of the answers so far; ok is false when there is nothing to ask. It is made anew whenever somebody
// comes to it, from either side.
type step func() (p page, ok bool, err error)

// dialog is where and how pages are shown.
type dialog struct {
	in         io.Reader
	out        io.Writer
	accessible bool
	steps      []step
}

func (p page) answered() {
	if p.leave != nil {
		p.leave()
	}
}

// height is how many lines the fields would like to have.
func (p page) height() int {
	lines := 0
	for _, f := range p.fields {
		lines += 1 + min(len(f.help), 1) + max(len(f.options), 1) + 1
	}
	return lines - 1
}

// hasNotes tells whether something can stand below the fields.
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

// clip wraps text to a width and keeps the first lines.
func clip(text string, width, lines int) string {
	all := strings.Split(wrap(text, width), "\n")
	if len(all) > lines {
		all = all[:lines]
	}
	return strings.TrimRight(strings.Join(all, "\n"), "\n")
}

func wrap(text string, width int) string { return ansi.Wrap(text, max(width, 10), " ") }
