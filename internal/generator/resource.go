package generator

import (
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
	for _, word := range []string{r.one, r.many} {
		if reason, ok := takenNouns[word]; ok {
			return fmt.Errorf("%q %s; choose another noun", word, reason)
		}
	}
	if r.one == r.many {
		return fmt.Errorf("%q is also the plural; add another plural after a colon, such as %s:%ss", r.one, r.one, r.one)
	}
	return nil
}

// takenNouns are the nouns that would collide with something in the project, and the reasons. A test derives those of the
// sample code from the templates. The table has the plural as its name, so that order and user are no reserved words.
var takenNouns = func() map[string]string {
	taken := map[string]string{}
	for reason, words := range map[string]string{
		"is a keyword of Go":          goKeywords,
		"is a predeclared name of Go": goPredeclared,
		"is a reserved word of SQL":   sqlReserved,
		"is a name in the service":    serviceNames,
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
	serviceNames = `accept after anyversion api app args at attempt attribute attrs before body breaksline build buildinfo bytes
		cachecontrol call calls cancel canceled cfg chain change changed changes checks cmp code concurrentcreates
		concurrentupdates config contended context control count createandget created createdat ctx cursor data
		database db decodebody decodecursor defaults degraded detail diff discard domain domainproblem
		domainproblems draft drained earlier encodecursor err errgroup errors errout errs etag exists expected
		export fail failing failure fakedeployment field fielderror fields filepath find first firstid fmt folder
		folders found get geterr goleak got handler header health http httpapi https httpserver httptest id idprefix
		ids idsof inflight internal invalid invaliderror invalidfield invalidin io json key length letter level line
		link list listbytes listerr listorder listowner loaded location locations log logging long loser match
		maxbody maxbytes maximum maxlimit maxowner maxpagebytes maxtitle measured memory message method metrics
		middleware minimum more mu name named names newapi newfakedeployment newid newserver newservice next
		nextcursor nonematch noon noop normalbody normaltitle notfound now number ok old open openwith otel other
		out owned owner page part path patience pause postgres postgrestest problem profiles provider queries query
		reader readfile readiness ready reason reasons recorded recovered register reload reloadsettings remove
		report request require restart router rules run running runsmoke said say second secret seed serve server
		service setting settings shutdowncontext size slices slog spaceorcontrol spans start status stop store
		stored storewith strconv strings sync target telemetry test testdata testing testmain text time timestamp
		title trace traces tracetest tracing tt unicode update updated updatedat url validid verdict version want
		wanterr wantheader wantline wantonewinner wantpage wantproblem wantstatus watched winner withrecord words
		write`
)
