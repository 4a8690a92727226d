package main

import (
	"context"
	"fmt"
	"io"
)

// runLines asks line by line, for screen readers: nothing is drawn over.
func (d dialog) runLines(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- d.askLines() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done(): // the read that is left waiting ends with the process
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
		for _, f := range p.fields {
			if f.help != "" {
				before = append(before, f.help)
			}
			for _, o := range f.options {
				if o.detail != "" {
					before = append(before, o.label+": "+o.detail)
				}
			}
			if err := d.say(before...); err != nil {
				return err
			}
			before = nil
			if err := f.spoken().askLine(d.out, in); err != nil {
				return err
			}
			if in.ended {
				return errInterrupted
			}
		}
		p.answered()
		if p.note != nil && p.note() != "" {
			before = append(before, p.note())
		}
		if err := d.say(append(before, "")...); err != nil {
			return err
		}
	}
	return nil
}

func (d dialog) say(lines ...string) error {
	for _, line := range lines {
		if _, err := fmt.Fprintln(d.out, line); err != nil {
			return err
		}
	}
	return nil
}

// spoken puts into the title what a line cannot show otherwise: the answer that an empty line gives.
func (f field) spoken() field {
	f.help = ""
	if f.one == nil {
		return f
	}
	answer := *f.one
	for _, o := range f.options {
		if o.value == answer {
			answer = o.label
		}
	}
	if answer != "" {
		f.title += " (" + answer + ")"
	}
	if check := f.check; check != nil {
		before := *f.one
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

// lineReader gives one byte at a time, because each field of the library reads on its own and would swallow lines that
// are meant for the next, and notes the end, which the library takes for an empty line.
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
