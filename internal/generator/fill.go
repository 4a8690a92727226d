package generator

import (
	"fmt"
	"strings"
)

// fragment is the text that one feature adds to a slot.
type fragment struct {
	folder string // folder of the feature
	text   string
}

// paragraph is the number of lines at which a fragment of code gets blank lines around it.
const paragraph = 3

// fill replaces every slot of a file with its fragments, indented like the slot. It removes an empty slot, and one of the
// blank lines around it.
func fill(file, text string, fragments map[string][]fragment) (string, error) {
	if !strings.Contains(text, "{{slot") {
		return text, nil
	}
	out := filler{braces: usesBraces(file)}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		s, ok, err := parseSlot(file, line)
		if err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
		if !ok {
			out.line(line)
			continue
		}
		out.slot(s, fragments[s.name])
	}
	return out.text(), nil
}

// filler collects the lines of a file. It avoids double blank lines where a slot was.
type filler struct {
	braces    bool // see usesBraces
	lines     []string
	afterSlot bool // only blank lines were appended since the last slot
}

// line appends a line of the file or of a fragment.
func (f *filler) line(line string) {
	blank := strings.TrimSpace(line) == ""
	switch {
	case blank && f.afterSlot && f.blankIsRedundant():
		return
	case !blank:
		if f.afterSlot && f.braces && strings.ContainsAny(strings.TrimSpace(line)[:1], ")]}") {
			f.trim()
		}
		f.afterSlot = false
	}
	f.lines = append(f.lines, line)
}

// slot appends the fragments of a slot.
func (f *filler) slot(s slot, fragments []fragment) {
	if len(fragments) > 0 && s.heading != "" {
		for _, line := range strings.Split(s.heading, "\n") {
			f.line(indented(s.indent, line))
		}
	}
	previousLong := false
	for i, fr := range fragments {
		f.afterSlot = true
		lines := strings.Split(strings.TrimRight(fr.text, "\n"), "\n")
		long := f.braces && len(lines) >= paragraph
		if i > 0 && (long || previousLong) {
			f.line("")
		}
		for _, line := range lines {
			f.line(indented(s.indent, line))
		}
		previousLong = long
	}
	f.afterSlot = true
}

// blankIsRedundant reports whether the lines are empty, or end with a blank line or an opening bracket.
func (f *filler) blankIsRedundant() bool {
	if len(f.lines) == 0 {
		return true
	}
	last := strings.TrimSpace(f.lines[len(f.lines)-1])
	return last == "" || f.braces && strings.ContainsAny(last[len(last)-1:], "([{")
}

// trim removes trailing blank lines.
func (f *filler) trim() {
	for len(f.lines) > 0 && strings.TrimSpace(f.lines[len(f.lines)-1]) == "" {
		f.lines = f.lines[:len(f.lines)-1]
	}
}

func (f *filler) text() string {
	if f.afterSlot {
		f.trim()
	}
	if len(f.lines) == 0 {
		return ""
	}
	return strings.Join(f.lines, "\n") + "\n"
}

func indented(indent, line string) string {
	if strings.TrimSpace(line) == "" {
		return ""
	}
	return indent + line
}
