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

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/verify/sets"
)

// Law 1: every template is valid source in its language.
func TestTemplatesAreValidSource(t *testing.T) {
	skipSequential(t)
	for _, l := range libraries(t) {
		l.rawFiles(t, func(at, file, text string, fragment bool) {
			if !utf8.ValidString(text) {
				return
			}
			if strings.Contains(text, "\r") || text != "" && !strings.HasSuffix(text, "\n") {
				t.Errorf("%s: %s: every line must end with LF", l.name, at)
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

// Law 1: gofmt would move a slot directly above a declaration into the doc comment.
func TestNoSlotIsDirectlyAboveADeclaration(t *testing.T) {
	above := regexp.MustCompile(`(?m)^\s*//\{\{slot .*\n(func|type|var|const) `)
	for _, l := range libraries(t) {
		l.rawFiles(t, func(at, file, text string, fragment bool) {
			if path.Ext(file) == ".go" && above.MatchString(text) {
				t.Errorf("%s: %s: slot directly above a declaration: %s", l.name, at, above.FindString(text))
			}
		})
	}
}

// wantValid checks that a template or a rendered file is well-formed.
func wantValid(t *testing.T, at, file string, data []byte) {
	t.Helper()
	switch path.Ext(file) {
	case ".go":
		formatted, err := format.Source(data)
		if err != nil {
			t.Errorf("%s: %v", at, err)
		} else if string(formatted) != string(data) {
			t.Errorf("%s: not formatted; run gofmt", at)
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
			t.Errorf("%s: invalid JSON", at)
		}
	}
}

// A choice changes neither the program nor the modules, so the lock and the type check need only the combinations of
// features.
func TestChoicesDoNotChangeTheProgram(t *testing.T) {
	l := realLibrary(t)
	program := func(a Answers) map[string]string {
		tree, err := l.render(a, goldenVersion)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range tree {
			linked := strings.HasPrefix(f.Path, "cmd/") || strings.HasPrefix(f.Path, "internal/")
			if f.Path == "go.mod" || f.Path == "go.sum" || linked && path.Ext(f.Path) == ".go" {
				files[f.Path] = string(f.Data)
			}
		}
		return files
	}
	all := l.sets()
	for _, set := range []features.Set{all[0], all[len(all)-1]} {
		a := Answers{Name: goldenName, Module: goldenModule, Features: set.Features()}
		want := program(a)
		for _, choice := range withChoices(a, set) {
			if diff := cmp.Diff(want, program(choice)); diff != "" {
				t.Errorf("%v (-default +choice):\n%s", choice, diff)
			}
		}
	}
}

// Law 2: a fragment of Go code has at most six lines. Longer code belongs in a function.
func TestGoFragmentsAreShort(t *testing.T) {
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
				t.Errorf("%s: %s: no template defines this slot", l.name, at)
			}
			if n := strings.Count(text, "\n"); path.Ext(file) == ".go" && n > 6 {
				t.Errorf("%s: %s: got %d lines, want at most 6", l.name, at, n)
			}
		})
	}
}

var anySample = regexp.MustCompile(`(?i)sample[-_ .]?service|example\.com/acme`)

// Law 3: every rendered file is well-formed, and contains no trace of the templates or of other features. The checks of
// single files run once for each distinct file.
func TestEveryCombinationRendersCleanly(t *testing.T) {
	for _, l := range libraries(t) {
		finder := l.traceFinder()
		for _, a := range l.allAnswers() {
			plan, err := Resolve(l.cat, a)
			if err != nil {
				t.Fatal(err)
			}
			forbidden := sets.ForbiddenTraces(l.cat, plan.Set)
			for _, f := range l.mustFiles(t, a) {
				at := l.name + ": " + a.String() + ": " + f.Path
				if finder.isNew(f) {
					wantValid(t, at, f.Path, f.Data)
					wantClean(t, at, f)
				}
				words := finder.in(f)
				for trace, inGo := range forbidden {
					if words[trace] && (inGo || path.Ext(f.Path) != ".go") {
						t.Errorf("%s: contains %q, a trace of a feature that is not in the project", at, trace)
					}
				}
				for _, q := range plan.Set.Questions() {
					if q.Sample != "" && words[q.Sample] && plan.Answers.Values[q.Flag] != q.Sample {
						t.Errorf("%s: contains the sample %q of --%s", at, q.Sample, q.Flag)
					}
				}
			}
		}
	}
}

// traceFinder finds the traces of features and the samples of questions. It searches each distinct file once.
type traceFinder struct {
	words []string
	found map[string]map[string]bool // by path and content
}

func (l library) traceFinder() *traceFinder {
	t := &traceFinder{found: map[string]map[string]bool{}}
	for _, f := range append(l.cat.All(), l.cat.Base()) {
		t.words = append(t.words, f.Traces...)
	}
	for _, q := range l.cat.Questions() {
		if q.Sample != "" {
			t.words = append(t.words, q.Sample)
		}
	}
	for _, p := range l.cat.Pairs() {
		t.words = append(t.words, p.Traces...)
	}
	return t
}

func (t *traceFinder) isNew(f File) bool { return t.found[f.Path+"\x00"+string(f.Data)] == nil }

// in returns the words in the path or the content of a file.
func (t *traceFinder) in(f File) map[string]bool {
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
			t.Errorf("%s: contains the sample word %q", at, found)
		}
	}
	for _, delimiter := range []string{"{{slot", "<!--{{"} {
		if strings.Contains(string(f.Data), delimiter) {
			t.Errorf("%s: contains %s", at, delimiter)
		}
	}
	if strings.Contains("/"+f.Path, "/dot_") {
		t.Errorf("%s: got the prefix dot_, want a dot", at)
	}
	if path.Ext(f.Path) != ".go" && utf8.Valid(f.Data) && regexp.MustCompile(`\n[ \t]*\n[ \t]*\n`).Match(f.Data) {
		t.Errorf("%s: contains two blank lines in a row", at)
	}
	if len(f.Data) > 0 && (f.Data[0] == '\n' || strings.HasSuffix(string(f.Data), "\n\n")) {
		t.Errorf("%s: begins or ends with a blank line", at)
	}
}

// Law 3: templates use the sample words only in their four spellings, and only as whole words.
func TestSampleWordsAreSpelledCorrectly(t *testing.T) {
	skipSequential(t)
	exact := regexp.MustCompile(`example\.com/acme/sample-service|sample-service|sample_service|SAMPLE_SERVICE`)
	for _, l := range libraries(t) {
		l.rawFiles(t, func(at, file, text string, _ bool) {
			for _, text := range []string{file, text} {
				rest := exact.ReplaceAllString(text, "\x00")
				if found := anySample.FindString(rest); found != "" {
					t.Errorf("%s: %s: %q is not a valid spelling of a sample word", l.name, at, found)
				}
				if part := regexp.MustCompile(`[a-zA-Z0-9]\x00|\x00[a-zA-Z0-9]`).FindString(rest); part != "" {
					t.Errorf("%s: %s: a sample word is part of a longer word: %q", l.name, at, part)
				}
			}
			// A service named x-linux or x-test would create x_linux.go or x_test.go, which are special to the go command.
			if path.Ext(file) == ".go" && anySample.MatchString(path.Base(file)) {
				t.Errorf("%s: %s: the name of a Go file must not contain the name of the service", l.name, at)
			}
		})
	}
}

// Law 3: every trace occurs in a project with its feature. A misspelt trace would never find anything.
func TestTracesOccurInProjectsWithTheirFeature(t *testing.T) {
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
		rendered, finder := map[string]bool{}, l.traceFinder()
		for _, a := range l.allAnswers() {
			plan, err := Resolve(l.cat, a)
			if err != nil {
				t.Fatal(err)
			}
			words := map[string]bool{}
			for _, f := range l.mustFiles(t, a) {
				maps.Copy(words, finder.in(f))
			}
			for _, folder := range plan.Set.Folders() {
				name := folder.Name
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
					t.Errorf("%s: trace %q of %s does not occur in any project", l.name, trace, name)
				}
			}
		}
	}
}

// Law 9: rendering is deterministic and does not depend on the order of the features. The record of a project, used as
// an answers file, renders the same project.
func TestSameAnswersGiveSameBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, l := range libraries(t) {
		for _, a := range l.allAnswers() {
			first, err := l.render(a, "v1.2.3")
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
				second, err := l.render(again, "v1.2.3")
				if err != nil {
					t.Fatal(err)
				}
				if diff := diffTrees(second, first); diff != "" {
					t.Errorf("%s: %v and %v (-first +second):\n%s", l.name, a, again, diff)
				}
			}
			if want := "hash: " + first.Hash() + "\n"; !strings.Contains(string(content), want) {
				t.Errorf("%s: got a record without %q", l.name, want)
			}
		}
	}
}

func TestRenderReturnsSortedTree(t *testing.T) {
	for _, l := range libraries(t) {
		tree, err := l.render(Answers{Name: "ab", Module: "a.b/c"}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(tree, func(a, b File) int { return strings.Compare(a.Path, b.Path) }) {
			t.Errorf("%s: not sorted", l.name)
		}
	}
}
