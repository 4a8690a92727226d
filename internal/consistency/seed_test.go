package consistency

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/acton-go/acton-new/internal/features"
)

const (
	overlay   = "deploy/kubernetes/overlays/production/"
	base      = "deploy/kubernetes/base/"
	component = "deploy/kubernetes/components/"
	watch     = "deploy/monitoring/"
)

// seed is one fault: an edit of one file, and the problems that the rules must report, and no others.
type seed struct {
	rule string
	in   string // minimal, full or cluster-only
	file string
	old  string // the first occurrence is replaced; if empty, new is appended to the file
	new  string
	want string   // part of the problem
	also []string // parts of further problems that the fault causes
}

func TestRulesFindSeededFaults(t *testing.T) {
	skipInShortMode(t)
	r := newRenderer(t)
	full := r.full()
	projects := map[string]fstest.MapFS{}
	before := map[string][]Problem{}
	for name, selection := range map[string]features.Selection{
		"minimal": {}, "full": full, "cluster-only": {Choices: map[string]string{"exposure": "cluster-only"}},
	} {
		projects[name] = r.project(t, r.set(t, selection))
		before[name] = check(t, projects[name])
	}
	seeded := map[string]bool{}
	for _, s := range seeds() {
		seeded[s.rule] = true
		t.Run(s.rule+"/"+strings.ReplaceAll(s.want, "/", "_"), func(t *testing.T) {
			var checked []Problem
			edited := s.apply(t, projects[s.in])
			after := slices.DeleteFunc(check(t, edited), func(f Problem) bool { return slices.Contains(before[s.in], f) })
			for _, want := range append(s.also, s.want) {
				i := slices.IndexFunc(after, func(f Problem) bool { return strings.Contains(f.String(), want) })
				if i < 0 {
					t.Errorf("no problem contains %q", want)
					continue
				}
				if want == s.want && after[i].Rule != s.rule {
					t.Errorf("got %v, want rule %s", after[i], s.rule)
				}
				checked = append(checked, after[i])
				after = slices.Delete(after, i, i+1)
			}
			for _, f := range after {
				t.Errorf("unexpected problem: %v", f)
			}
			for _, f := range checked {
				if f.File == "" || f.Key == "" || f.Message == "" || f.Fix == "" {
					t.Errorf("a problem needs File, Key, Message and Fix: %+v", f)
				}
			}
		})
	}
	for _, rule := range Rules() {
		if !seeded[rule.ID] {
			t.Errorf("rule %s has no seeded fault", rule.ID)
		}
	}
}

func check(t *testing.T, files fstest.MapFS) []Problem {
	t.Helper()
	problems, err := Check(files)
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

// apply returns the project with the fault. It fails if the edit changes nothing.
func (s seed) apply(t *testing.T, files fstest.MapFS) fstest.MapFS {
	t.Helper()
	edited := fstest.MapFS{}
	for name, f := range files {
		edited[name] = f
	}
	text := ""
	if f := files[s.file]; f != nil {
		text = string(f.Data)
	} else if s.old != "" {
		t.Fatalf("%s: not found in project %s", s.file, s.in)
	}
	changed := strings.Replace(text, s.old, s.new, 1)
	if s.old == "" {
		changed = text + s.new
	}
	if changed == text {
		t.Fatalf("%s: the edit changes nothing: %q not found", s.file, s.old)
	}
	edited[s.file] = &fstest.MapFile{Data: []byte(changed)}
	return edited
}

func fault(rule, in, file, from, to, want string, also ...string) seed {
	return seed{rule, in, file, from, to, want, also}
}
