package generator

import (
	"encoding/json"
	"errors"
	"go/format"
	"io"
	"maps"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Law 1: a raw template is valid source of its language.
func TestRawTemplatesAreValidSource(t *testing.T) {
	oneAfterTheOther(t)
	for _, l := range libraries(t) {
		l.rawFiles(t, func(at, file, text string, fragment bool) {
			if !utf8.ValidString(text) {
				return
			}
			if strings.Contains(text, "\r") || text != "" && !strings.HasSuffix(text, "\n") {
				t.Errorf("%s: %s: lines end with LF, the last one too", l.name, at)
			}
			if fragment {
				return
			}
			if _, err := slotsOf(file, text); err != nil {
				t.Errorf("%s: %v", l.name, err)
			}
			wantValid(t, l.name+": "+at, file, []byte(text))
		})
	}
}

// Law 1: gofmt would make a slot above a declaration a part of its doc comment.
func TestNoSlotStandsAboveADeclaration(t *testing.T) {
	above := regexp.MustCompile(`(?m)^\s*//\{\{slot .*\n(func|type|var|const) `)
	for _, l := range libraries(t) {
		l.rawFiles(t, func(at, file, text string, fragment bool) {
			if path.Ext(file) == ".go" && above.MatchString(text) {
				t.Errorf("%s: %s: %s", l.name, at, above.FindString(text))
			}
		})
	}
}

// wantValid asserts that a file is well-formed, raw or rendered.
func wantValid(t *testing.T, at, file string, data []byte) {
	t.Helper()
	switch path.Ext(file) {
	case ".go":
		formatted, err := format.Source(data)
		if err != nil {
			t.Errorf("%s: %v", at, err)
		} else if string(formatted) != string(data) {
			t.Errorf("%s: is not formatted by gofmt", at)
		}
	case ".yaml", ".yml":
		dec := yaml.NewDecoder(strings.NewReader(string(data)))
		for {
			err := dec.Decode(new(any))
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Errorf("%s: %v", at, err)
				return
			}
		}
	case ".json":
		if !json.Valid(data) {
			t.Errorf("%s: is not JSON", at)
		}
	}
}

// Law 2: more than six lines of code belong in a function.
func TestFragmentsOfCodeAreShort(t *testing.T) {
	for _, l := range libraries(t) {
		host := map[string]string{}
		l.rawFiles(t, func(_, file, text string, fragment bool) {
			if slots, err := slotsOf(file, text); err == nil && !fragment {
				for _, s := range slots {
					host[s.name] = file
				}
			}
		})
		l.rawFiles(t, func(at, slot, text string, fragment bool) {
			if !fragment {
				return
			}
			file, ok := host[slot]
			if !ok {
				t.Errorf("%s: %s: no template has the slot", l.name, at)
			}
			if n := strings.Count(text, "\n"); path.Ext(file) == ".go" && n > 6 {
				t.Errorf("%s: %s: has %d lines, at most 6 are allowed", l.name, at, n)
			}
		})
	}
}

var anySample = regexp.MustCompile(`(?i)sample[-_ .]?service|example\.com/acme`)

// Law 3: what a combination renders is well-formed, and nothing in it tells of templates or of what was not chosen. What
// depends on a file alone is asked once of each distinct file.
func TestEveryCombinationRendersCleanly(t *testing.T) {
	for _, l := range libraries(t) {
		telling := l.tellingWords()
		for _, a := range l.answersFor() {
			set, resolved, err := Resolve(l.cat, a)
			if err != nil {
				t.Fatal(err)
			}
			absent := l.cat.ForbiddenTraces(set)
			for _, f := range l.mustFiles(t, a) {
				at := l.name + ": " + a.String() + ": " + f.Path
				if telling.isNew(f) {
					wantValid(t, at, f.Path, f.Data)
					wantClean(t, at, f)
				}
				words := telling.in(f)
				for _, trace := range absent {
					if words[trace] {
						t.Errorf("%s: has %q, which only a feature that is not chosen brings", at, trace)
					}
				}
				for _, q := range set.Questions() {
					if q.Sample != "" && words[q.Sample] && resolved.Values[q.Flag] != q.Sample {
						t.Errorf("%s: still has the sample %q of --%s", at, q.Sample, q.Flag)
					}
				}
			}
		}
	}
}

// telling finds words that tell of a feature: its traces, and the samples of its questions. It looks at each distinct
// file once.
type telling struct {
	words []string
	found map[string]map[string]bool // by path and content
}

func (l library) tellingWords() *telling {
	t := &telling{found: map[string]map[string]bool{}}
	for _, f := range append(l.cat.All(), l.cat.Base()) {
		t.words = append(t.words, f.Traces...)
		for _, q := range f.Questions {
			if q.Sample != "" {
				t.words = append(t.words, q.Sample)
			}
		}
	}
	for _, p := range l.cat.Pairs() {
		t.words = append(t.words, p.Traces...)
	}
	return t
}

func (t *telling) isNew(f File) bool { return t.found[f.Path+"\x00"+string(f.Data)] == nil }

// in returns the words that occur in the path or the content of a file.
func (t *telling) in(f File) map[string]bool {
	key := f.Path + "\x00" + string(f.Data)
	found := t.found[key]
	if found == nil {
		found = map[string]bool{}
		for _, w := range t.words {
			if strings.Contains(key, w) {
				found[w] = true
			}
		}
		t.found[key] = found
	}
	return found
}

func wantClean(t *testing.T, at string, f File) {
	t.Helper()
	for _, text := range []string{f.Path, string(f.Data)} {
		if found := anySample.FindString(text); found != "" {
			t.Errorf("%s: still has the sample word %q", at, found)
		}
	}
	for _, delimiter := range []string{"{{slot", "<!--{{"} {
		if strings.Contains(string(f.Data), delimiter) {
			t.Errorf("%s: still has %s", at, delimiter)
		}
	}
	if strings.Contains("/"+f.Path, "/dot_") {
		t.Errorf("%s: the dot is missing", at)
	}
	if path.Ext(f.Path) != ".go" && utf8.Valid(f.Data) && regexp.MustCompile(`\n[ \t]*\n[ \t]*\n`).Match(f.Data) {
		t.Errorf("%s: has two blank lines in a row", at)
	}
	if len(f.Data) > 0 && (f.Data[0] == '\n' || strings.HasSuffix(string(f.Data), "\n\n")) {
		t.Errorf("%s: begins or ends with a blank line", at)
	}
}

// Law 3: sample words are never written in another meaning or spelling, and never as a part of a word.
func TestSampleWordsOccurOnlyAsSuch(t *testing.T) {
	oneAfterTheOther(t)
	exact := regexp.MustCompile(`example\.com/acme/sample-service|sample-service|sample_service|SAMPLE_SERVICE`)
	for _, l := range libraries(t) {
		l.rawFiles(t, func(at, file, text string, _ bool) {
			for _, text := range []string{file, text} {
				rest := exact.ReplaceAllString(text, "\x00")
				if found := anySample.FindString(rest); found != "" {
					t.Errorf("%s: %s: %q is none of the sample words", l.name, at, found)
				}
				if touched := regexp.MustCompile(`[a-zA-Z0-9]\x00|\x00[a-zA-Z0-9]`).FindString(rest); touched != "" {
					t.Errorf("%s: %s: a sample word is a part of another: %q", l.name, at, touched)
				}
			}
			// name_linux.go and name_test.go would mean something to the go command.
			if path.Ext(file) == ".go" && anySample.MatchString(path.Base(file)) {
				t.Errorf("%s: %s: a Go file cannot have the service's name", l.name, at)
			}
		})
	}
}

// Law 3: a trace that never occurs would find nothing.
func TestTracesOccurWhereTheirFeatureIs(t *testing.T) {
	for _, l := range libraries(t) {
		traces := map[string][]string{}
		for _, f := range l.cat.All() {
			if !f.Hidden && len(f.Traces) == 0 {
				t.Errorf("%s: feature %s has no traces", l.name, f.Name)
			}
			traces[f.Name] = f.Traces
		}
		for _, p := range l.cat.Pairs() {
			traces[p.Name] = p.Traces
		}
		rendered, telling := map[string]bool{}, l.tellingWords()
		for _, a := range l.answersFor() {
			set, _, err := Resolve(l.cat, a)
			if err != nil {
				t.Fatal(err)
			}
			words := map[string]bool{}
			for _, f := range l.mustFiles(t, a) {
				maps.Copy(words, telling.in(f))
			}
			for _, folder := range set.Folders() {
				name := path.Base(folder.Path)
				for _, trace := range traces[name] {
					if words[trace] {
						rendered[name+": "+trace] = true
					}
				}
			}
		}
		for name, words := range traces {
			for _, trace := range words {
				if !rendered[name+": "+trace] {
					t.Errorf("%s: trace %q of %s occurs in no project", l.name, trace, name)
				}
			}
		}
	}
}

// Law 9, over every set of answers: rendering twice is equal, whatever the order of the selection; and the record of a
// project, given as answers file, makes the same project. The first rendering and the others each have a memo of their
// own, so every distinct file is made twice.
func TestTheSameAnswersGiveTheSameBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, l := range libraries(t) {
		once, twice := l, l
		once.memo, twice.memo = &memo{}, &memo{}
		for _, a := range l.answersFor() {
			first, err := once.render(a, "v1.2.3")
			if err != nil {
				t.Fatalf("%s: %v: %v", l.name, a, err)
			}
			shuffled := a
			shuffled.Features = slices.Clone(a.Features)
			random.Shuffle(len(a.Features), func(i, j int) {
				shuffled.Features[i], shuffled.Features[j] = shuffled.Features[j], shuffled.Features[i]
			})
			content, ok := first.Lookup(RecordFile)
			if !ok {
				t.Fatalf("%s: %v: no %s", l.name, a, RecordFile)
			}
			recorded, err := ReadAnswers(content)
			if err != nil {
				t.Fatal(err)
			}
			for _, again := range []Answers{shuffled, recorded} {
				second, err := twice.render(again, "v1.2.3")
				if err != nil {
					t.Fatal(err)
				}
				if diff := diffTrees(second, first); diff != "" {
					t.Errorf("%s: %v and %v (-first +second):\n%s", l.name, a, again, diff)
				}
			}
			if want := "hash: " + first.Hash() + "\n"; !strings.Contains(string(content), want) {
				t.Errorf("%s: the record has another hash than %s", l.name, want)
			}
		}
	}
}

func TestATreeIsSorted(t *testing.T) {
	for _, l := range libraries(t) {
		tree, err := Render(l.fsys, l.cat, Answers{Name: "ab", Module: "a.b/c"}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(tree, func(a, b File) int { return strings.Compare(a.Path, b.Path) }) {
			t.Errorf("%s: not sorted", l.name)
		}
	}
}
