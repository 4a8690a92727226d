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
type words struct {
	pairs    []string
	replacer *strings.Replacer
}

func newWords(name, module string) words {
	snake := strings.ReplaceAll(name, "-", "_")
	return words{}.with(
		sampleModule, module, // before the name, which it contains
		sampleName, name,
		sampleSnake, snake,
		samplePrefix, strings.ToUpper(snake),
	)
}

// replace replaces in one pass, so what is put in is not looked at again.
func (w words) replace(text string) string {
	return w.replacer.Replace(text)
}

// with returns words that also replace further literals, each before any sample word that it contains.
func (w words) with(pairs ...string) words {
	all := append(append([]string{}, pairs...), w.pairs...)
	return words{pairs: all, replacer: strings.NewReplacer(all...)}
}
