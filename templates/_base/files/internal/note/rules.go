package note

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Maximum lengths in characters (code points).
const (
	MaxOwner = 128
	MaxTitle = 200
	MaxBody  = 20_000
)

// MaxLimit is the largest Query.Limit.
const MaxLimit = 100

// FieldError says which rule a field breaks. It never contains the value, so it is safe to return and to log.
type FieldError struct {
	Field  string
	Reason string
}

// InvalidError lists all the rules that an input breaks.
type InvalidError struct {
	Fields []FieldError
}

// Error implements error.
func (e *InvalidError) Error() string {
	reasons := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		reasons[i] = f.Field + " " + f.Reason
	}
	return "note: " + strings.Join(reasons, ", ")
}

// rules collects the rules that an input breaks.
type rules []FieldError

func (r *rules) require(ok bool, field, reason string) {
	if !ok {
		*r = append(*r, FieldError{field, reason})
	}
}

func (r *rules) err() error {
	if len(*r) == 0 {
		return nil
	}
	return &InvalidError{Fields: *r}
}

// owner requires one word. Two owners that look alike must not differ by an invisible character.
func (r *rules) owner(s string) {
	if r.length("owner", s, 1, MaxOwner) {
		invisible := func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) || unicode.Is(unicode.Cf, c) }
		r.require(!strings.ContainsFunc(s, invisible), "owner", "must not contain spaces or invisible characters")
	}
}

// title requires one line.
func (r *rules) title(s string) {
	if r.length("title", s, 1, MaxTitle) {
		breaksLine := func(c rune) bool { return unicode.IsControl(c) || unicode.In(c, unicode.Zl, unicode.Zp) }
		r.require(!strings.ContainsFunc(s, breaksLine), "title", "must not contain line breaks or control characters")
	}
}

// body requires text. Some databases refuse the NUL character.
func (r *rules) body(s string) {
	if r.length("body", s, 0, MaxBody) {
		control := func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }
		r.require(!strings.ContainsFunc(s, control), "body", "must not contain control characters")
	}
}

func (r *rules) length(field, s string, minimum, maximum int) bool {
	before, n := len(*r), utf8.RuneCountInString(s)
	r.require(utf8.ValidString(s), field, "must be valid UTF-8")
	r.require(n >= minimum, field, "must not be empty")
	r.require(n <= maximum, field, fmt.Sprintf("must have at most %d characters", maximum))
	return len(*r) == before
}

// normalTitle removes white space at both ends. Text is not normalized otherwise: é has two spellings in Unicode, which
// stay different.
func normalTitle(s string) string { return strings.TrimSpace(s) }

// normalBody converts all line endings to \n.
func normalBody(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
