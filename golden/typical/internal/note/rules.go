package note

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a note, counted in characters.
const (
	MaxOwner = 128
	MaxTitle = 200
	MaxBody  = 20_000
)

// MaxPage is the largest number of notes in one page of a listing.
const MaxPage = 100

// FieldError says which field breaks a rule, and which rule. It never holds
// the value, so it may be shown to a client and written to a log.
type FieldError struct {
	Field  string
	Reason string
}

// InvalidError lists every rule that an input breaks.
type InvalidError struct {
	Fields []FieldError
}

func (e *InvalidError) Error() string {
	reasons := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		reasons[i] = f.Field + " " + f.Reason
	}
	return "note: " + strings.Join(reasons, ", ")
}

// invalid returns nil if every check has an empty reason, which it drops.
func invalid(checks ...FieldError) error {
	var broken []FieldError
	for _, c := range checks {
		if c.Reason != "" {
			broken = append(broken, c)
		}
	}
	if broken == nil {
		return nil
	}
	return &InvalidError{Fields: broken}
}

// checkOwner accepts one word.
func checkOwner(s string) FieldError {
	forbidden := func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }
	return checkText("owner", s, 1, MaxOwner, forbidden, "must not contain spaces or control characters")
}

// checkTitle accepts one line.
func checkTitle(s string) FieldError {
	return checkText("title", s, 1, MaxTitle, unicode.IsControl, "must not contain control characters")
}

// checkBody accepts lines of text. Tabs are the only other control characters
// in it: a null character, for one, is more than most databases take.
func checkBody(s string) FieldError {
	forbidden := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	return checkText("body", s, 0, MaxBody, forbidden, "must not contain control characters")
}

func checkText(field, s string, least, most int, forbidden func(rune) bool, reason string) FieldError {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s):
		return FieldError{field, "must be valid UTF-8"}
	case n < least:
		return FieldError{field, "must not be empty"}
	case n > most:
		return FieldError{field, fmt.Sprintf("must have at most %d characters", most)}
	case strings.ContainsFunc(s, forbidden):
		return FieldError{field, reason}
	}
	return FieldError{}
}

func checkLimit(limit int) FieldError {
	if limit < 1 || limit > MaxPage {
		return FieldError{"limit", fmt.Sprintf("must be between 1 and %d", MaxPage)}
	}
	return FieldError{}
}

// normalTitle removes the white space around a title, which nobody means.
func normalTitle(s string) string { return strings.TrimSpace(s) }

// normalBody makes every line end the same way.
func normalBody(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
