package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// plan prints what would be made.
func (p project) plan(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Nothing is written. This would make %s, %d files:\n\n", p.req.absolute(), len(p.tree))
	b.WriteString(nodes(p.answers.Name, p.tree).draw())
	b.WriteString("\n")
	p.facts(&b)
	fmt.Fprintf(&b, "\nThe same without a question:\n  %s\n", p.commandLine())
	_, err := w.Write(b.Bytes())
	return err
}

// closing prints what was made and what to do next.
func (p project) closing(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Made %s in %s, %d files.\n\n", p.answers.Name, p.result.Dir, len(p.tree))
	p.facts(&b)
	line(&b, "Commit", p.commit())
	if p.result.Fallback {
		line(&b, "", "git knows no user; once it does, become the author by")
		line(&b, "", "git commit --amend --reset-author --no-edit")
	}
	for _, dir := range p.result.Removed {
		line(&b, "Removed", dir+", which an interrupted run had left")
	}
	b.WriteString("\nNext:\n")
	for _, step := range p.next() {
		fmt.Fprintf(&b, "  %s\n", step)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func line(b *bytes.Buffer, label, text string) { fmt.Fprintf(b, "  %-9s %s\n", label, text) }

// facts prints the answers that matter, and how to get others.
func (p project) facts(b *bytes.Buffer) {
	line(b, "Module", p.answers.Module)
	if p.req.moduleFrom != "" {
		line(b, "", p.req.moduleFrom)
		line(b, "", p.otherModule())
	}
	line(b, "Features", p.features())
	if answers := p.questionLine(); answers != "" {
		line(b, "Answers", answers)
	}
}

// questionLine is the answer to every question, as flags.
func (p project) questionLine() string {
	questions := p.set.Questions()
	args := make([]string, 0, 2*len(questions))
	for _, q := range questions {
		args = append(args, "--"+q.Flag, p.answers.Values[q.Flag])
	}
	return join(args)
}

// otherModule says how to get another module path.
func (p project) otherModule() string {
	if p.result == nil {
		return "another one: --module PATH"
	}
	return "another one: remove the directory and run again with --module PATH"
}

// features names the features, and why those are there that nobody chose.
func (p project) features() string {
	if len(p.answers.Features) == 0 {
		return "none"
	}
	forced := p.forced()
	var parts []string
	for _, f := range p.answers.Features {
		if by, ok := forced[f]; ok {
			f += " (" + by + " requires it)"
		}
		parts = append(parts, f)
	}
	return strings.Join(parts, ", ")
}

// forced returns the features that nobody chose, each with the one that requires it.
func (p project) forced() map[string]string { return p.set.Forced() }

func (p project) commit() string {
	r := p.result
	switch {
	case r.Committed:
		return fmt.Sprintf("%.7s on %s, by %s", r.Commit, r.Branch, r.Author)
	case r.Enclosing != "":
		return "none: it lies in the repository " + r.Enclosing + " (--git makes one of its own)"
	default:
		return "none, as --no-git asks"
	}
}

// next returns the commands to go on with, as far as the project has what they need.
func (p project) next() []string {
	var steps []string
	if p.req.target() != "." {
		steps = append(steps, "cd "+quote(p.req.target()))
	}
	makefile, _ := p.tree.Lookup("Makefile")
	for _, step := range []struct{ target, without string }{
		{"run", "go run ./cmd/" + p.answers.Name + " serve"},
		{"test", "go test ./..."},
	} {
		if regexp.MustCompile(`(?m)^` + step.target + `:`).Match(makefile) {
			steps = append(steps, "make "+step.target)
		} else {
			steps = append(steps, step.without)
		}
	}
	return steps
}
