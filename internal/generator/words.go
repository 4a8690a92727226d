package generator

import "strings"

// The sample words: the name of the sample service in its spellings. Templates contain them instead of placeholders, so
// that every template is valid source. No template uses them with another meaning.
const (
	sampleModule = "example.com/acme/sample-service"
	sampleName   = "sample-service"
	sampleSnake  = "sample_service"
	samplePrefix = "SAMPLE_SERVICE"
)

// words replaces the sample words with those of one project.
type words struct{ pairs []string }

func newWords(name, module string) words {
	snake := strings.ReplaceAll(name, "-", "_")
	return words{pairs: []string{
		sampleModule, module, // before sampleName, which it contains
		sampleName, name,
		sampleSnake, snake,
		samplePrefix, strings.ToUpper(snake),
	}}
}

// replace replaces all words in one pass and does not scan the replacements again. If two words start at the same
// position, the first pair wins. It does the same as strings.Replacer, which is slower on text with few matches.
func (w words) replace(text string) string {
	var b strings.Builder
	done := 0
	next := make([]int, len(w.pairs)/2) // next occurrence of each word at or after done, or -1
	for i := range next {
		next[i] = strings.Index(text, w.pairs[2*i])
	}
	for {
		first := -1
		for i, at := range next {
			if at >= 0 && at < done {
				if at = strings.Index(text[done:], w.pairs[2*i]); at >= 0 {
					at += done
				}
				next[i] = at
			}
			if at >= 0 && (first < 0 || at < next[first]) {
				first = i
			}
		}
		if first < 0 {
			break
		}
		b.WriteString(text[done:next[first]])
		b.WriteString(w.pairs[2*first+1])
		done = next[first] + len(w.pairs[2*first])
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// with returns words that also replace the given pairs. They take precedence over the sample words that they contain.
func (w words) with(pairs ...string) words {
	return words{pairs: append(append([]string{}, pairs...), w.pairs...)}
}
