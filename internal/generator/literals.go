package generator

import (
	"strings"

	"github.com/acton-go/acton-new/internal/features"
)

// literal is the sample of a text or number question, and the answer that replaces it.
type literal struct{ sample, answer string }

func literalsOf(questions []features.Question, values map[string]string) []literal {
	var literals []literal
	for _, q := range questions {
		if q.Kind != features.KindChoice {
			literals = append(literals, literal{sample: q.Sample, answer: values[q.Flag]})
		}
	}
	return literals
}

// replace replaces sample words everywhere, and the sample of a question on each line that holds it as a word of its own.
func (r *renderer) replace(text string) string {
	var present []literal
	for _, l := range r.literals {
		if strings.Contains(text, l.sample) {
			present = append(present, l)
		}
	}
	if len(present) == 0 {
		return r.words.replace(text)
	}
	var b strings.Builder
	done, at := 0, 0 // up to where it is replaced, and where the line begins
	for line := range strings.Lines(text) {
		var pairs []string
		for _, l := range present {
			if standsAlone(line, l.sample) {
				pairs = append(pairs, l.sample, l.answer)
			}
		}
		if pairs != nil {
			b.WriteString(r.words.replace(text[done:at]))
			b.WriteString(r.words.with(pairs...).replace(line))
			done = at + len(line)
		}
		at += len(line)
	}
	b.WriteString(r.words.replace(text[done:]))
	return b.String()
}

// standsAlone tells whether the sample occurs once in the line, and neither a letter nor a digit touches it.
func standsAlone(line, sample string) bool {
	before, after, found := strings.Cut(line, sample)
	if !found || strings.Contains(after, sample) {
		return false
	}
	return (before == "" || !isWordByte(before[len(before)-1])) && (after == "" || !isWordByte(after[0]))
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
