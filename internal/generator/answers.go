package generator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/features"
)

// RecordFile is the file in a project that records its answers. --answers accepts it.
const RecordFile = ".acton-new.yaml"

// schema is the version of the record format that the generator writes, and the newest that it reads.
const schema = 1

// command is the package path for `go run`, used in error messages.
const command = "github.com/acton-go/acton-new/cmd/acton-new"

// Answers holds the answers that describe a project. They come from flags, the wizard or an answers file.
type Answers struct {
	Name     string
	Module   string
	Branch   string // default branch of the repository; empty means DefaultBranch
	Features []string
	Values   map[string]string // by flag of the question
}

// Plan is a resolved request for a project: complete answers, and their set of features.
type Plan struct {
	Answers Answers
	Set     features.Set
	catalog *features.Catalog
}

// Resolve validates and completes the answers: it adds required features, and the default of every question without a
// value. The answers of a plan resolve to the same plan.
func Resolve(cat *features.Catalog, a Answers) (Plan, error) {
	a.Branch = cmp.Or(a.Branch, DefaultBranch)
	if err := errors.Join(CheckName(a.Name), CheckModule(a.Module), CheckBranch(a.Branch)); err != nil {
		return Plan{}, err
	}
	choices, texts := splitValues(cat, a.Values)
	set, err := cat.Resolve(features.Selection{Features: a.Features, Choices: choices})
	if err != nil {
		return Plan{}, err
	}
	values := map[string]string{}
	maps.Copy(values, set.Choices())
	for _, q := range set.Questions() {
		if q.Kind == features.KindChoice {
			continue
		}
		q.Default = DefaultValue(q, a) // errors show it as the example
		value, ok := texts[q.Flag]
		if !ok {
			value = q.Default
		}
		if err := CheckAnswer(q)(value); err != nil {
			return Plan{}, err
		}
		values[q.Flag] = value
		delete(texts, q.Flag)
	}
	if unused := slices.Sorted(maps.Keys(texts)); len(unused) > 0 {
		return Plan{}, fmt.Errorf("--%s: has an effect only with %s", unused[0], cat.SelectedBy(textOwners(cat)[unused[0]]))
	}
	answers := Answers{Name: a.Name, Module: a.Module, Branch: a.Branch, Features: set.Features(), Values: values}
	return Plan{Answers: answers, Set: set, catalog: cat}, nil
}

// CheckAnswer returns a function that validates an answer to a question. A noun must also be free in the project.
func CheckAnswer(q features.Question) func(answer string) error {
	return func(answer string) error {
		if err := q.Check(answer); err != nil || q.Kind != features.KindNoun {
			return err
		}
		if err := newResource(answer).check(); err != nil {
			return fmt.Errorf("--%s: %w", q.Flag, err)
		}
		return nil
	}
}

// splitValues separates the values of text and number questions from those of choices and unknown flags.
func splitValues(cat *features.Catalog, values map[string]string) (choices, texts map[string]string) {
	owners := textOwners(cat)
	choices, texts = map[string]string{}, map[string]string{}
	for flag, value := range values {
		if _, ok := owners[flag]; ok {
			texts[flag] = value
		} else {
			choices[flag] = value
		}
	}
	return choices, texts
}

// textOwners maps the flag of each text or number question to the feature or pair that asks it.
func textOwners(cat *features.Catalog) map[string]string {
	owners := map[string]string{}
	for _, q := range cat.Questions() {
		if q.Kind != features.KindChoice {
			owners[q.Flag] = q.Feature
		}
	}
	return owners
}

// DefaultValue returns the default answer to a question, for a project with the name, the module and the branch of the
// answers.
func DefaultValue(q features.Question, a Answers) string {
	f, _ := forgeOf(a.Module)
	repository, below := repositoryOf(a.Module)
	pairs := []string{sampleFile, repository + f.file + cmp.Or(a.Branch, DefaultBranch) + "/" + below}
	return newWords(a.Name, a.Module, newResource(sampleResource), append(pairs, branchWords(a.Branch)...)...).Replace(q.Default)
}

// sampleFile begins the path of a file in the URL of the sample repository.
const sampleFile = sampleModule + "/blob/" + DefaultBranch + "/"

// IsExample reports whether the answer to a question is an example, which the team has to replace. A URL of a file is one if
// the host of the repository is unknown.
func IsExample(q features.Question, a Answers, answer string) bool {
	_, known := forgeOf(a.Module)
	return answer == DefaultValue(q, a) && (q.Example || !known && strings.Contains(q.Default, sampleFile))
}

// encodeRecord returns the content of RecordFile for resolved answers and the hash of the tree.
func encodeRecord(a Answers, version, hash string) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	r := record{
		Schema: schema, Generator: version, Name: a.Name, Module: a.Module,
		Features: append([]string{}, a.Features...), Values: a.Values, Hash: hash,
	}
	if a.Branch != DefaultBranch {
		r.Branch = a.Branch
	}
	if err := errors.Join(enc.Encode(r), enc.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", RecordFile, err)
	}
	return b.Bytes(), nil
}
