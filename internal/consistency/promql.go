package consistency

import (
	"regexp"
	"slices"
	"strings"
)

// Only the names in a query are compared here, so it is cut into words rather than parsed: whether it is well-formed is
// what promtool and Prometheus tell, and their parser would bring more modules than all the rest of this program.

// query is what a PromQL expression names.
type query struct {
	metrics  []string            // in their order
	matchers map[string][]string // values that labels must be equal to
	patterns map[string][]string // expressions that they must match
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

// anyValue stands for a variable of Grafana: it is read as a number, and says nothing where it is the value of a label.
const anyValue = "1variable"

// parseQuery finds the names of a query. Variables of Grafana stand for values, never for names of metrics.
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
			// An operator, a number, a string, a keyword, a function; an aggregation may have its labels in front.
		case next != "" && promLabels[strings.ToLower(next)] && isAggregation(word):
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

// match reads the matchers of a selector, which may hold the name of the metric too.
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
