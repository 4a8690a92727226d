package generator

import (
	"fmt"
	"strings"
)

// fragment is what one feature puts into a slot.
type fragment struct {
	folder string // whose it is
	text   string
}

// paragraph is the number of lines from which a fragment of code is set off by blank lines.
const paragraph = 3

// fill replaces every slot of a file by its fragments, indented like the slot, and marks the names that it met. An empty
// slot leaves nothing, and no second blank line where it stood between two.
func fill(file, text string, fragments map[string][]fragment, met map[string]string) (string, error) {
	if !strings.Contains(text, "{{slot") {
		return text, nil
	}
	out := filler{braced: braced(file)}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		s, ok, err := parseSlot(file, line)
		if err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
		if !ok {
			out.line(line)
			continue
		}
		if other, twice := met[s.name]; twice {
			return "", fmt.Errorf("slot %q stands in %s and in %s: a slot has one place", s.name, other, file)
		}
		met[s.name] = file
		out.slot(s, fragments[s.name])
	}
	return out.text(), nil
}

// filler collects lines and keeps blank lines single at the seams, that is where a slot was.
type filler struct {
	braced bool
	lines  []string
	seam   bool // only blank lines have come since the last slot
}

// line appends a line of the host file, or of a fragment.
func (f *filler) line(line string) {
	blank := strings.TrimSpace(line) == ""
	switch {
	case blank && f.seam && f.closed():
		return
	case !blank:
		if f.seam && f.braced && strings.ContainsAny(strings.TrimSpace(line)[:1], ")]}") {
			f.trim()
		}
		f.seam = false
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
	after := false // the fragment before was a paragraph
	for i, fr := range fragments {
		f.seam = true
		lines := strings.Split(strings.TrimRight(fr.text, "\n"), "\n")
		long := f.braced && len(lines) >= paragraph
		if i > 0 && (long || after) {
			f.line("")
		}
		for _, line := range lines {
			f.line(indented(s.indent, line))
		}
		after = long
	}
	f.seam = true
}

// closed tells whether a blank line would be superfluous: at the beginning, after another one, after an opening bracket.
func (f *filler) closed() bool {
	if len(f.lines) == 0 {
		return true
	}
	last := strings.TrimSpace(f.lines[len(f.lines)-1])
	return last == "" || f.braced && strings.ContainsAny(last[len(last)-1:], "([{")
}

// trim removes the blank lines at the end.
func (f *filler) trim() {
	for len(f.lines) > 0 && strings.TrimSpace(f.lines[len(f.lines)-1]) == "" {
		f.lines = f.lines[:len(f.lines)-1]
	}
}

func (f *filler) text() string {
	if f.seam {
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
