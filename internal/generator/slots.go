package generator

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// comment is how a language writes a comment that takes a whole line. A slot is such a comment.
type comment struct{ open, close string }

// commentOf returns the comment of the file's language. A file whose language has none, such as JSON, has no slots.
func commentOf(file string) (comment, bool) {
	switch path.Ext(file) {
	case ".go", ".proto", ".js", ".mjs", ".ts", ".cedar":
		return comment{open: "//"}, true
	case ".sql":
		return comment{open: "--"}, true
	case ".md", ".html":
		return comment{open: "<!--", close: "-->"}, true
	case ".json", ".txt", ".svg", ".csv":
		return comment{}, false
	}
	return comment{open: "#"}, true // YAML, TOML, shell, Dockerfile, Makefile and files that begin with a dot
}

// braced tells whether blocks of the file's language stand in brackets, so that a blank line beside one is superfluous.
func braced(file string) bool {
	c, ok := commentOf(file)
	return ok && c.open == "//"
}

// slot is the place in a file where features put lines of their own.
type slot struct {
	indent  string
	name    string
	heading string // printed above the fragments, if there are any
}

var slotName = regexp.MustCompile(`^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$`)

// directive returns what stands between {{ and }} if the line is a comment that holds nothing else.
func (c comment) directive(line string) (indent, text string, ok bool) {
	trimmed := strings.TrimLeft(line, " \t")
	indent = line[:len(line)-len(trimmed)]
	text, ok = strings.CutPrefix(trimmed, c.open+"{{")
	if !ok {
		return "", "", false
	}
	text, ok = strings.CutSuffix(text, "}}"+c.close)
	if !ok || strings.Contains(text, "{{") || strings.Contains(text, "}}") {
		return "", "", false
	}
	return indent, text, true
}

// parseSlot tells whether the line is a slot. A line that holds the beginning of a slot and is none is an error, because
// it would be rendered as it is.
func parseSlot(file, line string) (s slot, ok bool, err error) {
	if !strings.Contains(line, "{{slot") {
		return slot{}, false, nil
	}
	c, has := commentOf(file)
	if !has {
		return slot{}, false, fmt.Errorf("a file of this kind has no slots: %s", strings.TrimSpace(line))
	}
	indent, text, ok := c.directive(line)
	arguments, found := strings.CutPrefix(text, "slot ")
	if !ok || !found {
		return slot{}, false, fmt.Errorf("a slot is a line that holds only %s{{slot \"area/name\"}}%s: %s",
			c.open, c.close, strings.TrimSpace(line))
	}
	s.indent = indent
	if s.name, arguments, err = nextString(arguments); err != nil {
		return slot{}, false, fmt.Errorf("slot name: %w: %s", err, strings.TrimSpace(line))
	}
	if !slotName.MatchString(s.name) {
		return slot{}, false, fmt.Errorf("slot %q: a name is area/name in lower case", s.name)
	}
	if arguments == "" {
		return s, true, nil
	}
	rest, found := strings.CutPrefix(arguments, " ")
	if s.heading, arguments, err = nextString(rest); err != nil || !found || arguments != "" || s.heading == "" {
		return slot{}, false, fmt.Errorf("slot %q: after the name there can be one heading in quotes: %s",
			s.name, strings.TrimSpace(line))
	}
	return s, true, nil
}

// nextString cuts a string in double quotes from the beginning of text.
func nextString(text string) (value, rest string, err error) {
	prefix, err := strconv.QuotedPrefix(text)
	if err != nil || prefix[0] != '"' {
		return "", "", fmt.Errorf("not a string in double quotes")
	}
	value, err = strconv.Unquote(prefix)
	return value, text[len(prefix):], err
}

// slotsOf returns the slots of a file in order.
func slotsOf(file, text string) ([]slot, error) {
	var slots []slot
	for line := range strings.Lines(text) {
		s, ok, err := parseSlot(file, strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if ok {
			slots = append(slots, s)
		}
	}
	return slots, nil
}
