package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// runLines asks line by line, for screen readers. It never redraws the screen.
func (d dialog) runLines(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- d.askLines() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done(): // the pending read ends with the process
		return errInterrupted
	}
}

func (d dialog) askLines() error {
	in := &lineReader{r: d.in}
	for _, step := range d.steps {
		p, ok, err := step()
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		before := []string{p.title}
		if p.text != nil {
			before = append(before, p.text(80, 60))
		}
		for i, f := range p.fields {
			if f.help != "" {
				before = append(before, f.help)
			}
			for _, o := range f.options {
				if o.detail != "" {
					before = append(before, o.label+": "+o.detail)
				}
			}
			if f.answers != nil {
				before = append(before, "Type names with commas between them, or none. Enter keeps the answer.")
			}
			if err := d.printLines(before...); err != nil {
				return err
			}
			before = nil
			if err := f.withDefaultInTitle().askLine(d.out, in); err != nil {
				return err
			}
			if in.ended {
				return errInterrupted
			}
			if i < len(p.fields)-1 {
				p.answered()
			}
		}
		p.submit()
		if p.note != nil && p.note() != "" {
			before = append(before, p.note())
		}
		if err := d.printLines(append(before, "")...); err != nil {
			return err
		}
	}
	return nil
}

func (d dialog) printLines(lines ...string) error {
	for _, line := range lines {
		if _, err := fmt.Fprintln(d.out, line); err != nil {
			return err
		}
	}
	return nil
}

// withDefaultInTitle adds the current answer to the title: an empty line keeps that answer.
func (f field) withDefaultInTitle() field {
	f.help = ""
	if f.answer == nil {
		return f
	}
	answer := *f.answer
	for _, o := range f.options {
		if o.value == answer {
			answer = o.label
		}
	}
	if answer != "" {
		f.title += " (" + answer + ")"
	}
	if check := f.check; check != nil {
		before := *f.answer
		f.check = func(value string) error {
			if value == "" && before != "" {
				return nil
			}
			return check(value)
		}
	}
	if f.options == nil {
		f.title += ":"
	}
	return f
}

// checkNames validates a list of answers that is typed as one line.
func (f field) checkNames(line string) error {
	names := splitNames(line)
	for _, name := range names {
		if !slices.ContainsFunc(f.options, func(o option) bool { return o.value == name }) {
			return fmt.Errorf("%q is not in the list; type names with commas between them, or none", name)
		}
	}
	if f.checkAnswers == nil {
		return nil
	}
	return f.checkAnswers(names)
}

// splitNames returns the names in a line. The word noFeatures alone is an empty list.
func splitNames(line string) []string {
	names := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' })
	if slices.Equal(names, []string{noFeatures}) {
		return nil
	}
	return names
}

// lineReader returns one byte per Read: each field of the library has its own buffer and would consume the lines of the
// next field. It also records the end of the input, which the library treats as an empty line.
type lineReader struct {
	r     io.Reader
	ended bool
}

func (l *lineReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := l.r.Read(p[:1])
	l.ended = l.ended || err != nil
	return n, err
}
