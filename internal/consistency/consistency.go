// Package consistency finds contradictions between the files of a project: a probe on a port without a listener, an
// environment variable that is not a setting, an alert without a runbook section. Each file may be valid on its own.
//
// It checks rendered projects, including those that a team has edited. A rule compares two files only if both exist:
// a project without manifests has no problems in manifests. The checks are static. They run nothing and use no network.
//
// Load reads a project once. Each rule is a function over the loaded project, in its own file. A rule has a stable ID
// and lists the items of the production checklist that it verifies.
package consistency

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
)

// Problem is a contradiction between two files.
type Problem struct {
	Rule    string // ID of the rule
	File    string // the file that is more likely wrong
	Line    int    // 0 if the problem concerns the whole file
	Key     string // the key, name or command in the file
	Message string // the value in File, and the value that contradicts it
	Fix     string // what to do about it
}

// String formats the problem on one line.
func (f Problem) String() string {
	at := f.File
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return fmt.Sprintf("%s: %s: %s (%s): %s", at, f.Key, f.Message, f.Rule, f.Fix)
}

// Rule is one consistency check.
type Rule struct {
	ID    string
	Title string
	Items []int // items of the production checklist
	check func(*Project) []Problem
}

// Rules returns all rules, sorted by ID.
func Rules() []Rule { return slices.Clone(rules) }

// Check loads a project and returns its problems, sorted by file and line. It returns an error if the directory cannot
// be read or is not a service.
func Check(fsys fs.FS) ([]Problem, error) {
	p, err := Load(fsys)
	if err != nil {
		return nil, err
	}
	return p.Check(), nil
}

// syntaxRule is the rule that runs before all others.
const syntaxRule = "syntax"

// Check applies all rules to a project. If a file has a syntax error, Check reports only the syntax errors.
func (p *Project) Check() []Problem {
	var all []Problem
	for _, r := range rules {
		if len(p.syntaxErrors) > 0 && r.ID != syntaxRule {
			continue // an unparsed file would look like missing content to every rule
		}
		for _, f := range r.check(p) {
			f.Rule = r.ID
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Key, b.Key), cmp.Compare(a.Message, b.Message))
	})
	// A problem in a base occurs once for each overlay.
	return slices.Compact(all)
}

// problemAt returns a problem with a node.
func problemAt(n *node, key, fix, message string, args ...any) Problem {
	file, line := n.place()
	return Problem{File: file, Line: line, Key: key, Message: fmt.Sprintf(message, args...), Fix: fix}
}

// problemInFile returns a problem with a line of a text file. Line 0 means the whole file.
func problemInFile(file string, line int, key, fix, message string, args ...any) Problem {
	return Problem{File: file, Line: line, Key: key, Message: fmt.Sprintf(message, args...), Fix: fix}
}
