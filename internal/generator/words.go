package generator

import "strings"

// The words of the sample service. Templates hold them as real words, so that every template is valid source; they
// occur nowhere in another meaning.
const (
	sampleModule = "example.com/acme/sample-service"
	sampleName   = "sample-service"
	sampleSnake  = "sample_service"
	samplePrefix = "SAMPLE_SERVICE"
)

// words replaces the sample words by those of one project.
type words struct{ pairs []string }

func newWords(name, module string) words {
	snake := strings.ReplaceAll(name, "-", "_")
	return words{pairs: []string{
		sampleModule, module, // before the name, which it contains
		sampleName, name,
		sampleSnake, snake,
		samplePrefix, strings.ToUpper(snake),
	}}
}

// replace replaces in one pass, so what is put in is not looked at again. Of two words that begin at the same place the
// first counts. It does what a strings.Replacer does, which looks at every byte on its own and is slow where there is
// little to replace.
func (w words) replace(text string) string {
	var b strings.Builder
	done := 0
	next := make([]int, len(w.pairs)/2) // where each word occurs from done on, or -1
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

// with returns words that also replace further literals, each before any sample word that it contains.
func (w words) with(pairs ...string) words {
	return words{pairs: append(append([]string{}, pairs...), w.pairs...)}
}
