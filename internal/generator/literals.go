package generator

import (
	"strings"

	"github.com/acton-go/acton-new/internal/features"
)

// literal is the sample of a text or number question, and its answer.
type literal struct{ sample, answer string }

func literalsOf(questions []features.Question, values map[string]string) []literal {
	var literals []literal
	for _, q := range questions {
		if q.Kind == features.KindText || q.Kind == features.KindNumber {
			literals = append(literals, literal{sample: q.Sample, answer: values[q.Flag]})
		}
	}
	return literals
}

// replace replaces sample words everywhere. It replaces the sample of a question on lines with exactly one occurrence
// as a whole word.
func (r *renderer) replace(text string) string {
	var present []literal
	for _, l := range r.literals {
		if strings.Contains(text, l.sample) {
			present = append(present, l)
		}
	}
	if len(present) == 0 {
		return r.words.Replace(text)
	}
	var b strings.Builder
	done, at := 0, 0 // end of the replaced text, and start of the line
	for line := range strings.Lines(text) {
		var pairs []string
		for _, l := range present {
			if hasOneWord(line, l.sample) {
				pairs = append(pairs, l.sample, l.answer)
			}
		}
		if pairs != nil {
			b.WriteString(r.words.Replace(text[done:at]))
			pairs = append(pairs, branchWords(r.branch)...)
			b.WriteString(newWords(r.name, r.module, r.resource, pairs...).Replace(line))
			done = at + len(line)
		}
		at += len(line)
	}
	b.WriteString(r.words.Replace(text[done:]))
	return b.String()
}

// hasOneWord reports whether the line contains the sample exactly once, as a whole word.
func hasOneWord(line, sample string) bool {
	before, after, found := strings.Cut(line, sample)
	if !found || strings.Contains(after, sample) {
		return false
	}
	return (before == "" || !isWordByte(before[len(before)-1])) && (after == "" || !isWordByte(after[0]))
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
