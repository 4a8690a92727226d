package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// lookError is what a check returns that was not told where to look: what a person should look for, and where.
type lookError struct{ place, query string }

func (e *lookError) Error() string { return fmt.Sprintf("look in the %s for %s", e.place, e.query) }

// person says yes or no, or does not answer. A nil one is nobody.
type person func(question string) (yes, answered bool)

// personAt returns whoever sits at the terminal, or nil if in is none.
func personAt(in *os.File, out io.Writer) person {
	info, err := in.Stat()
	null, nullErr := os.Stat(os.DevNull) // is a device, as terminals are
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || nullErr == nil && os.SameFile(info, null) {
		return nil
	}
	return personBehind(in, out)
}

func personBehind(in io.Reader, out io.Writer) person {
	lines := bufio.NewScanner(in)
	return func(question string) (yes, answered bool) {
		say(out, "%s\nIs it there? [y/N] ", question)
		if !lines.Scan() {
			say(out, "\n")
			return false, false
		}
		return strings.HasPrefix(strings.ToLower(strings.TrimSpace(lines.Text())), "y"), true
	}
}

// judge returns the verdict of a check that a person decides.
func (p person) judge(look *lookError) (verdict, detail string) {
	if p == nil {
		return "LOOK", look.Error()
	}
	yes, answered := p(look.Error())
	switch {
	case !answered:
		return "LOOK", look.Error()
	case yes:
		return "ok", "seen by a person in the " + look.place
	}
	return "FAIL", "not seen by a person in the " + look.place
}
