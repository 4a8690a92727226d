package generator

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// comment is the syntax of a whole-line comment in a language. A slot is such a comment.
type comment struct{ open, close string }

// commentOf returns the comment syntax of the file. Files without comments, such as JSON, cannot have slots.
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
	return comment{open: "#"}, true // YAML, TOML, shell, Dockerfile, Makefile and dotfiles
}

// usesBraces reports whether the language of the file puts blocks in brackets. A blank line next to a bracket is
// redundant there.
func usesBraces(file string) bool {
	c, ok := commentOf(file)
	return ok && c.open == "//"
}

// slot is a place in a file at which features add lines.
type slot struct {
	indent  string
	name    string
	heading string // line above the fragments, if there are any
}

var slotName = regexp.MustCompile(`^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$`)

// directive returns the text between {{ and }} if the line is a comment with nothing else.
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

// parseSlot parses a slot; ok is false for any other line. A malformed slot is an error: it would end up in the
// project.
func parseSlot(file, line string) (s slot, ok bool, err error) {
	if !strings.Contains(line, "{{slot") {
		return slot{}, false, nil
	}
	c, has := commentOf(file)
	if !has {
		return slot{}, false, fmt.Errorf("slot in a file type without comments: %s", strings.TrimSpace(line))
	}
	indent, text, ok := c.directive(line)
	arguments, found := strings.CutPrefix(text, "slot ")
	if !ok || !found {
		return slot{}, false, fmt.Errorf("malformed slot: the line must contain only %s{{slot \"area/name\"}}%s: %s",
			c.open, c.close, strings.TrimSpace(line))
	}
	s.indent = indent
	if s.name, arguments, err = nextString(arguments); err != nil {
		return slot{}, false, fmt.Errorf("slot name: %w: %s", err, strings.TrimSpace(line))
	}
	if !slotName.MatchString(s.name) {
		return slot{}, false, fmt.Errorf("slot %q: the name must be area/name in lower case", s.name)
	}
	if arguments == "" {
		return s, true, nil
	}
	rest, found := strings.CutPrefix(arguments, " ")
	if s.heading, arguments, err = nextString(rest); err != nil || !found || arguments != "" || s.heading == "" {
		return slot{}, false, fmt.Errorf("slot %q: only one quoted heading may follow the name: %s",
			s.name, strings.TrimSpace(line))
	}
	return s, true, nil
}

// nextString returns the double-quoted string at the start of text, and the rest.
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
	if !strings.Contains(text, "{{slot") {
		return nil, nil
	}
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
