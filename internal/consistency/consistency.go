// Package consistency finds what does not agree across the files of a project: a probe that asks a port on which nothing
// listens, a variable in a manifest that is no setting, an alert without a section in the runbook. Each file may be
// sound on its own; what is compared here is said in several of them, and mostly in several languages.
//
// It reads any project as acton-new renders it, also one that a team has edited since. So it is exact where two files must
// say the same, and silent about what it does not find: a project without manifests has no manifests that are wrong.
// Nothing is run and nothing is asked: what a file says is compared with what another file says.
//
// Load reads a project once. Each rule is a function over it, in a file of its own, with a stable id and the items of the
// production checklist that it holds up.
package consistency

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
)

// Finding is one thing that does not agree with another.
type Finding struct {
	Rule    string // the id of the rule
	File    string // where one of the two stands: what is more likely wrong
	Line    int    // 0 if it is about the file as a whole
	Key     string // what in the file: a key, a name, a command
	Problem string // what it says, what it was compared with, and what that says
	Next    string // what to do about it
}

// String is the finding on one line.
func (f Finding) String() string {
	at := f.File
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return fmt.Sprintf("%s: %s: %s (%s): %s", at, f.Key, f.Problem, f.Rule, f.Next)
}

// Rule is one thing that is compared.
type Rule struct {
	ID    string
	Title string
	Items []int // of the production checklist
	check func(*Project) []Finding
}

// Rules returns all rules, by their ids.
func Rules() []Rule { return slices.Clone(rules) }

// Check loads a project and returns what does not agree in it, sorted by place. The error is about the project as a
// whole: it cannot be read, or is none.
func Check(fsys fs.FS) ([]Finding, error) {
	p, err := Load(fsys)
	if err != nil {
		return nil, err
	}
	return p.Check(), nil
}

// syntaxRule is the rule whose findings are there before all others.
const syntaxRule = "syntax"

// Check applies all rules to a project. While a file cannot be read, that is all there is to say.
func (p *Project) Check() []Finding {
	var all []Finding
	for _, r := range rules {
		if len(p.unreadable) > 0 && r.ID != syntaxRule {
			continue // what cannot be read is missing everywhere
		}
		for _, f := range r.check(p) {
			f.Rule = r.ID
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Key, b.Key), cmp.Compare(a.Problem, b.Problem))
	})
	// What stands in a base is found once for each overlay.
	return slices.Compact(all)
}

// found makes a finding about a node.
func found(n *node, key, next, problem string, args ...any) Finding {
	file, line := n.place()
	return Finding{File: file, Line: line, Key: key, Problem: fmt.Sprintf(problem, args...), Next: next}
}

// foundIn makes a finding about a line of a text file; line 0 is the whole file.
func foundIn(file string, line int, key, next, problem string, args ...any) Finding {
	return Finding{File: file, Line: line, Key: key, Problem: fmt.Sprintf(problem, args...), Next: next}
}
