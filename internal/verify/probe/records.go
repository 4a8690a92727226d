package probe

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// record holds the fields of a log line, span or notification. Nested fields have names such as request_headers.accept.
type record map[string]string

// flatten adds a decoded JSON value to the record.
func (r record) flatten(name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if name != "" {
				key = name + "." + key
			}
			r.flatten(key, inner)
		}
	case string:
		r[name] = v
	case nil:
		r[name] = ""
	default:
		text, err := json.Marshal(v)
		if err != nil {
			text = fmt.Append(nil, v)
		}
		r[name] = string(text)
	}
}

func (r record) String() string {
	text, err := json.Marshal(map[string]string(r))
	if err != nil {
		return fmt.Sprint(map[string]string(r))
	}
	return string(text)
}

// pattern is a condition on a field: level=ERROR, msg=~^request$, or parent_id= for an absent or empty field.
type pattern struct {
	field string
	value string
	re    *regexp.Regexp
}

func parsePatterns(args []string) ([]pattern, error) {
	var patterns []pattern
	for _, arg := range args {
		field, value, ok := strings.Cut(arg, "=")
		if !ok || field == "" {
			return nil, fmt.Errorf("%q is neither FIELD=VALUE nor FIELD=~REGEXP", arg)
		}
		p := pattern{field: field, value: value}
		if expression, ok := strings.CutPrefix(value, "~"); ok {
			re, err := regexp.Compile(expression)
			if err != nil {
				return nil, err
			}
			p.re = re
		}
		patterns = append(patterns, p)
	}
	return patterns, nil
}

func (p pattern) matches(r record) bool {
	if p.re != nil {
		return p.re.MatchString(r[p.field])
	}
	return r[p.field] == p.value
}

// find prints the records that match all patterns. Exactly count records must match, or at least one if count is
// negative.
func (s *script) find(what string, records []record, count int, args []string) error {
	patterns, err := parsePatterns(args)
	if err != nil {
		return err
	}
	if len(patterns) == 0 {
		return fmt.Errorf("no pattern: want FIELD=VALUE or FIELD=~REGEXP")
	}
	n := 0
records:
	for _, r := range records {
		for _, p := range patterns {
			if !p.matches(r) {
				continue records
			}
		}
		n++
		s.printf("%s\n", r)
	}
	switch {
	case count >= 0 && n != count:
		return unmetf("got %d, want %d of the %d %s with %s", n, count, len(records), what, strings.Join(args, " "))
	case count < 0 && n == 0:
		return unmetf("none of the %d %s matches %s", len(records), what, strings.Join(args, " "))
	}
	return nil
}
