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

// newWords returns a replacer of the sample words by those of a project, after the given pairs. At the same position,
// the first pair wins.
func newWords(name, module string, r resource, pairs ...string) *strings.Replacer {
	snake := strings.ReplaceAll(name, "-", "_")
	return strings.NewReplacer(append(append(pairs,
		sampleModule, module, // before sampleName, which it contains
		sampleName, name,
		sampleSnake, snake,
		samplePrefix, strings.ToUpper(snake),
	), r.pairs()...)...)
}
