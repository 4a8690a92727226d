package features

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Check validates an answer. The error contains a valid answer. The default is valid: the module path and the branch in it can
// make it longer than an answer may be.
func (q Question) Check(value string) error {
	if value == q.Default && value != "" {
		return nil
	}
	err := q.check(value)
	if err != nil {
		return fmt.Errorf("--%s: %w", q.Flag, err)
	}
	return nil
}

func (q Question) check(value string) error {
	switch q.Kind {
	case KindChoice:
		var values []string
		for _, c := range q.Choices {
			if c.Value == value {
				return nil
			}
			values = append(values, c.Value)
		}
		return unknownError("value", value, values)
	case KindNumber:
		n, err := strconv.Atoi(value)
		if err != nil || strconv.Itoa(n) != value || n < q.Min || n > q.Max {
			return fmt.Errorf("%q is not a whole number from %d to %d; for example %s", value, q.Min, q.Max, q.Default)
		}
		return nil
	case KindNoun:
		if !nounPattern.MatchString(value) {
			return fmt.Errorf("%q is not a noun of 3 to 20 lower-case letters, with an irregular plural after a colon; for example order or person:people", value)
		}
		return nil
	default:
		return q.checkText(value)
	}
}

var nounPattern = regexp.MustCompile(`^[a-z]{3,20}(?::[a-z]{3,24})?$`)

// checkText rejects characters that could end a string, a scalar or a comment in a language of the templates.
func (q Question) checkText(value string) error {
	if value == "" {
		return fmt.Errorf("empty; for example %s", q.Default)
	}
	if len(value) > 200 {
		return errors.New("longer than 200 bytes; shorten it")
	}
	if len(q.Values) > 0 {
		if !slices.Contains(q.Values, value) {
			return fmt.Errorf("%q is not valid; choose from %s", value, strings.Join(q.Values, ", "))
		}
		return nil
	}
	if slices.Contains(q.Except, value) || q.Pattern != "" && !regexp.MustCompile(`^(?:`+q.Pattern+`)$`).MatchString(value) {
		return fmt.Errorf("%q is not valid; write %s; for example %s", value, q.Form, q.Default)
	}
	for _, r := range value {
		if !unicode.IsPrint(r) || strings.ContainsRune("\"'`\\$<>{}", r) {
			return fmt.Errorf("%q cannot contain %q; for example %s", value, r, q.Default)
		}
	}
	if strings.Contains(value, ": ") || strings.Contains(value, " #") {
		return fmt.Errorf("%q cannot contain \": \" or \" #\"; for example %s", value, q.Default)
	}
	runes := []rune(value)
	first, last := runes[0], runes[len(runes)-1]
	if !unicode.IsLetter(first) && !unicode.IsDigit(first) || unicode.IsSpace(last) || last == ':' {
		return fmt.Errorf("%q must begin with a letter or digit and cannot end with a space or colon; for example %s", value, q.Default)
	}
	return nil
}
