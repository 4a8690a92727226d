package generator

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/format"
	"io"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/features"
)

// Law 1: every template is valid source in its language.
func TestTemplatesAreValidSource(t *testing.T) {
	skipSequential(t)
	for _, l := range libraries(t) {
		l.wantValidTemplates(t)
	}
}

func (l library) wantValidTemplates(t testing.TB) {
	t.Helper()
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
func wantValid(t testing.TB, at, file string, data []byte) {
	t.Helper()
	if err := wellFormed(File{Path: file, Data: data}); err != nil {
		t.Errorf("%s: %v", at, err)
	}
}

// wellFormed returns an error if a file is not valid in its language, or if it is Go that is not formatted.
func wellFormed(f File) error {
	switch path.Ext(f.Path) {
	case ".go":
		formatted, err := format.Source(f.Data)
		if err != nil {
			return err
		}
		if string(formatted) != string(f.Data) {
			return errors.New("not formatted; run gofmt")
		}
	case ".yaml", ".yml":
		dec := yaml.NewDecoder(bytes.NewReader(f.Data))
		for {
			err := dec.Decode(new(any))
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	case ".json":
		if !json.Valid(f.Data) {
			return errors.New("invalid JSON")
		}
	}
	return nil
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
	first, last := l.firstAndLast()
	for _, set := range []features.Set{first, last} {
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

// sampleIn returns the sample word in a text, or "". Few texts have a part of one, and the expression is slow.
func sampleIn(text string) string {
	if lower := strings.ToLower(text); !strings.Contains(lower, "sample") && !strings.Contains(lower, "example.com/acme") {
		return ""
	}
	return anySample.FindString(text)
}

// Law 3: every rendered file is well-formed, and contains no trace of the templates or of other features.
func TestEveryCombinationRendersCleanly(t *testing.T) {
	for _, l := range libraries(t) {
		for _, fault := range l.survey(t).faults {
			t.Errorf("%s: %s", l.name, fault)
		}
	}
}

// The other tests of combinations use the files of the composer, which renders each distinct file once.
func TestComposedFilesMatchRenderedProjects(t *testing.T) {
	for _, l := range libraries(t) {
		c := newComposer(l)
		for _, a := range l.someAnswers(30) {
			plan, err := Resolve(l.cat, a)
			if err != nil {
				t.Fatal(err)
			}
			pieces, err := c.files(plan)
			if err != nil {
				t.Fatal(err)
			}
			var composed Tree
			for _, p := range pieces {
				composed = append(composed, p.File)
			}
			composed, err = completeSettings(composed.with(), a.Module, plan.renderer().words.Replace(samplePrefix))
			if err != nil {
				t.Fatal(err)
			}
			if diff := diffTrees(composed, l.mustFiles(t, a)); diff != "" {
				t.Errorf("%s: %v (-rendered +composed):\n%s", l.name, a, diff)
			}
		}
	}
}

// unclean returns the faults of a rendered file: rests of the templates, and superfluous blank lines.
func unclean(f File) []string {
	var faults []string
	for _, text := range []string{f.Path, string(f.Data)} {
		if found := sampleIn(text); found != "" {
			faults = append(faults, "contains the sample word "+found)
		}
	}
	for _, delimiter := range []string{"{{slot", "<!--{{"} {
		if strings.Contains(string(f.Data), delimiter) {
			faults = append(faults, "contains "+delimiter)
		}
	}
	if strings.Contains("/"+f.Path, "/dot_") {
		faults = append(faults, "has the prefix dot_ instead of a dot")
	}
	if path.Ext(f.Path) != ".go" && utf8.Valid(f.Data) && twoBlankLines.Match(f.Data) {
		faults = append(faults, "contains two blank lines in a row")
	}
	if path.Ext(f.Path) == ".md" && heading.Match(f.Data) {
		faults = append(faults, "has a heading without a blank line before it")
	}
	if len(f.Data) > 0 && (f.Data[0] == '\n' || strings.HasSuffix(string(f.Data), "\n\n")) {
		faults = append(faults, "begins or ends with a blank line")
	}
	return faults
}

var heading = regexp.MustCompile(`[^\n]\n##+ `)

var twoBlankLines = regexp.MustCompile(`\n[ \t]*\n[ \t]*\n`)

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

// Law 3: a line with the sample of a question has it once, as a whole word. Otherwise the answer does not replace it.
func TestAnswersReplaceEverySample(t *testing.T) {
	skipSequential(t)
	for _, l := range libraries(t) {
		var samples []string
		for _, q := range l.cat.Questions() {
			if strings.ContainsFunc(q.Sample, unicode.IsLetter) { // a number also occurs with another meaning
				samples = append(samples, q.Sample)
			}
		}
		l.rawFiles(t, func(at, _, text string, _ bool) {
			for line := range strings.Lines(text) {
				for _, sample := range samples {
					if strings.Contains(line, sample) && !hasOneWord(line, sample) {
						t.Errorf("%s: %s: got %q, want %s once, as a whole word", l.name, at, line, sample)
					}
				}
			}
		})
	}
}

// Law 3: every trace occurs in a project with its feature. A misspelt trace would never find anything.
func TestTracesOccurInProjectsWithTheirFeature(t *testing.T) {
	if testing.Short() {
		t.Skip("a short survey has only the first and the last combination")
	}
	for _, l := range libraries(t) {
		for _, f := range l.cat.Visible() {
			if len(f.Traces) == 0 {
				t.Errorf("%s: feature %s has no traces", l.name, f.Name)
			}
		}
		found := l.survey(t).traces
		for name, traces := range l.traces() {
			for _, trace := range traces {
				if !found[name+": "+trace] {
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
		for _, a := range l.someAnswers(maxRendered) {
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
			recorded, _, err := ReadAnswers(content)
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
