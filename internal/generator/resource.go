package generator

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
)

// The sample resource: the noun of the sample domain, in the spellings that the templates contain. No template uses the
// word with another meaning.
const (
	sampleResource       = "note"
	sampleResources      = "notes"
	sampleResourceTitle  = "Note"
	sampleResourcesTitle = "Notes"
)

// protected are words of other programs that contain the sample resource.
var protected = []string{"--generate-notes"}

// resource is a noun and its plural, both in lower case.
type resource struct{ one, many string }

// resourceOf returns the answer to the question of KindNoun, or the sample resource.
func resourceOf(questions []features.Question, values map[string]string) resource {
	for _, q := range questions {
		if q.Kind == features.KindNoun {
			return newResource(values[q.Flag])
		}
	}
	return newResource(sampleResource)
}

// newResource parses a noun, such as order or person:people.
func newResource(answer string) resource {
	if one, many, ok := strings.Cut(answer, ":"); ok {
		return resource{one, many}
	}
	return resource{answer, plural(answer)}
}

// plural returns the regular plural of a noun.
func plural(noun string) string {
	last := noun[len(noun)-1]
	vowel := len(noun) > 1 && strings.ContainsRune("aeiou", rune(noun[len(noun)-2]))
	switch {
	case last == 'y' && !vowel:
		return noun[:len(noun)-1] + "ies"
	case last == 's' || last == 'x' || last == 'z' || strings.HasSuffix(noun, "ch") || strings.HasSuffix(noun, "sh"):
		return noun + "es"
	}
	return noun + "s"
}

// pairs returns the spellings of the sample resource, each followed by that of the resource, for strings.NewReplacer.
func (r resource) pairs() []string {
	if r == (resource{sampleResource, sampleResources}) {
		return nil
	}
	var pairs []string
	for _, word := range protected {
		pairs = append(pairs, word, word)
	}
	if strings.ContainsRune("aeio", rune(r.one[0])) {
		for _, before := range []string{" ", "(", "\"", "\t"} {
			pairs = append(pairs, before+"a "+sampleResource, before+"an "+r.one, before+"A "+sampleResource, before+"An "+r.one)
		}
		pairs = append(pairs, "OfA"+sampleResourceTitle, "OfAn"+title(r.one))
	}
	return append(pairs,
		sampleResourcesTitle, title(r.many), sampleResourceTitle, title(r.one),
		sampleResources, r.many, sampleResource, r.one)
}

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// check rejects nouns that mean something else in the project.
func (r resource) check() error {
	for _, word := range []string{r.one, r.many, ":" + r.many} {
		if reason, ok := takenNouns[word]; ok {
			return fmt.Errorf("%q %s; choose another noun", strings.TrimPrefix(word, ":"), reason)
		}
	}
	if r.one == r.many {
		return fmt.Errorf("%q is also the plural; add another plural after a colon, such as %s:%ss", r.one, r.one, r.one)
	}
	return nil
}

// serviceNames are the names of the sample code and its packages, and after a colon those that only a plural cannot have:
// the files next to its own. A test derives them from the templates.
//
//go:embed names.txt
var serviceNames string

// takenNouns are the nouns that would collide with something in the project, and the reasons. The table has the plural as its name, so that order and user are no reserved words.
var takenNouns = func() map[string]string {
	taken := map[string]string{}
	for reason, words := range map[string]string{
		"is a keyword of Go":          goKeywords,
		"is a predeclared name of Go": goPredeclared,
		"is a reserved word of SQL":   sqlReserved,
		"is a name in the service":    serviceNames,
		"cannot be a package of Go":   "main init vendor internal testdata",
	} {
		for word := range strings.FieldsSeq(words) {
			taken[word] = reason
		}
	}
	return taken
}()

const (
	goKeywords = `break case chan const continue default defer else fallthrough for func go goto if import interface map package
		range return select struct switch type var`
	goPredeclared = `any append bool byte cap clear close comparable complex copy delete error false imag int iota len make max min new
		nil panic print println real recover rune string true uint uintptr`
	sqlReserved = `all analyse analyze and array as asc between both cast check collate column constraint create cross current desc
		distinct do end except fetch filter foreign from full grant group having in initially inner intersect into is join lateral
		leading left like limit not null offset on only or outer placing primary references returning right row rows set similar
		some table tables then to trailing union unique using values variadic view when where window with`
)
