package consistency

import (
	"regexp"
	"slices"
	"strings"
)

// The rules need only the names in a query, so this file tokenizes a query instead of parsing it. promtool checks the
// syntax. The parser of Prometheus would add more modules than the rest of this program has.

// query holds the names in a PromQL expression.
type query struct {
	metrics  []string            // in order
	matchers map[string][]string // values of = matchers by label
	patterns map[string][]string // regular expressions of =~ matchers by label
}

var (
	grafana     = regexp.MustCompile(`\$\{[^}]*\}|\$[A-Za-z_][A-Za-z0-9_]*|\[\[[^\]]*\]\]`)
	promToken   = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`|#[^\n]*|[A-Za-z_:][A-Za-z0-9_:]*|\\d[A-Za-z0-9_.]*|=~|!~|!=|[^\\s]")
	promKeyword = map[string]bool{
		"and": true, "or": true, "unless": true, "bool": true, "offset": true, "start": true, "end": true, "atan2": true,
		"inf": true, "nan": true, "info": true,
	}
	promLabels = map[string]bool{"by": true, "without": true, "on": true, "ignoring": true, "group_left": true, "group_right": true}
)

// anyValue replaces a Grafana variable. It parses as a number, and match ignores label values that contain it.
const anyValue = "1variable"

// parseQuery returns the names in a query. Grafana variables must not be metric names.
func parseQuery(text string) query {
	q := query{matchers: map[string][]string{}, patterns: map[string][]string{}}
	tokens := slices.DeleteFunc(promToken.FindAllString(grafana.ReplaceAllLiteralString(text, anyValue), -1), func(token string) bool { return token[0] == '#' })
	for i := 0; i < len(tokens); i++ {
		next := ""
		if i+1 < len(tokens) {
			next = tokens[i+1]
		}
		word := tokens[i]
		switch {
		case word == "[":
			i = skipTo(tokens, i, "]")
		case word == "{":
			i = q.match(tokens, i)
		case promLabels[strings.ToLower(word)]:
			if next == "(" {
				i = skipTo(tokens, i, ")")
			}
		case !isName(word) || promKeyword[strings.ToLower(word)] || next == "(":
			// An operator, a number, a string, a keyword or a function.
		case next != "" && promLabels[strings.ToLower(next)] && isAggregation(word):
			// An aggregation with its labels before the expression.
		default:
			q.metrics = append(q.metrics, word)
		}
	}
	return q
}

func isName(word string) bool {
	return word[0] == '_' || word[0] == ':' || word[0]|0x20 >= 'a' && word[0]|0x20 <= 'z'
}

func isAggregation(word string) bool {
	switch word {
	case "sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile", "limitk", "limit_ratio":
		return true
	}
	return false
}

func skipTo(tokens []string, i int, end string) int {
	for i < len(tokens)-1 && tokens[i] != end {
		i++
	}
	return i
}

// match reads the matchers of a selector, including __name__, and returns the index of its end.
func (q *query) match(tokens []string, i int) int {
	for ; i < len(tokens) && tokens[i] != "}"; i++ {
		if i+2 >= len(tokens) || !isName(tokens[i]) {
			continue
		}
		label, value := tokens[i], strings.Trim(tokens[i+2], "\"'`")
		switch {
		case strings.Contains(value, anyValue):
		case tokens[i+1] == "=" && label == "__name__":
			q.metrics = append(q.metrics, value)
		case tokens[i+1] == "=":
			q.matchers[label] = append(q.matchers[label], value)
		case tokens[i+1] == "=~":
			q.patterns[label] = append(q.patterns[label], value)
		}
	}
	return i
}
