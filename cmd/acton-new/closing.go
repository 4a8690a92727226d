package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/writer"
)

// plan prints the result of a dry run.
func (p project) preview(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Dry run: nothing was written. This would create %s with %d files:\n\n", p.req.absolute(), len(p.written))
	b.WriteString(newNode(p.plan.Answers.Name, p.written).draw())
	b.WriteString("\n")
	p.printAnswers(&b)
	p.printExisting(&b)
	p.printPipeline(&b)
	fmt.Fprintf(&b, "\nTo create it without prompts:\n  %s\n", p.commandLine())
	_, err := w.Write(b.Bytes())
	return err
}

// closing prints the created project and the next steps.
func (p project) closing(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Created %s in %s with %d files.\n\n", p.plan.Answers.Name, p.result.Dir, len(p.written))
	p.printAnswers(&b)
	p.printExisting(&b)
	printField(&b, "Commit", p.commit())
	for _, note := range p.commitNotes() {
		printField(&b, "", note)
	}
	p.printPipeline(&b)
	for _, dir := range p.result.Removed {
		printField(&b, "Removed", dir+", left by an interrupted run")
	}
	b.WriteString("\nNext:\n")
	for _, step := range p.nextSteps() {
		fmt.Fprintf(&b, "  %s\n", step)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func printField(b *bytes.Buffer, label, text string) { fmt.Fprintf(b, "  %-9s %s\n", label, text) }

// printExisting prints what happens to each file that was in the directory.
func (p project) printExisting(b *bytes.Buffer) {
	for _, line := range []struct {
		action        writer.Action
		label, suffix string
	}{
		{writer.Kept, "Kept", ""},
		{writer.Merged, "Merged", ": your lines, then the generated ones"},
		{writer.Replaced, "Replaced", ", which had only a title"},
	} {
		var paths []string
		for _, e := range p.existing {
			if e.Action == line.action {
				paths = append(paths, e.Path)
			}
		}
		if len(paths) > 0 {
			printField(b, line.label, strings.Join(paths, ", ")+line.suffix)
		}
	}
}

// monorepo explains how to use the workflows of a service that is not at the root of its repository.
const monorepo = "https://github.com/acton-go/acton-new/blob/main/docs/monorepo.md"

// printPipeline says that GitHub does not read the workflows of a project inside another repository.
func (p project) printPipeline(b *bytes.Buffer) {
	inGitHub := func(f generator.File) bool { return strings.HasPrefix(f.Path, ".github/") }
	if p.enclosing == "" || !slices.ContainsFunc(p.tree, inGitHub) {
		return
	}
	printField(b, "Pipeline", "GitHub reads only the .github at the root of the repository, "+p.enclosing+"; to move this one there:")
	printField(b, "", monorepo)
}

// printAnswers prints the module path, the features and the other answers, and how to change the module path.
func (p project) printAnswers(b *bytes.Buffer) {
	printField(b, "Module", p.plan.Answers.Module)
	if p.req.moduleReason != "" {
		printField(b, "", p.req.moduleReason)
		printField(b, "", p.changeHint("to change it", "--module PATH"))
	}
	if branch := p.plan.Answers.Branch; branch != generator.DefaultBranch {
		printField(b, "Branch", branch+" (for workflows and links; --branch NAME changes it)")
	}
	printField(b, "Features", p.featureList())
	label := "Answers"
	for line := range strings.SplitSeq(wrapFlags(p.answerFlags(), answersWidth), "\n") {
		if line != "" {
			printField(b, label, line)
		}
		label = ""
	}
	if examples := p.examples(); examples != "" {
		printField(b, "Examples", examples)
		printField(b, "", p.changeHint("to replace them", "your own values"))
	}
}

// answersWidth is the width of the list of answers. With its label it fits a terminal of 80 columns.
const answersWidth = 66

// wrapFlags breaks a command line before flags, so that no line is longer than width unless one flag is.
func wrapFlags(flags string, width int) string {
	var b strings.Builder
	column := 0
	for i, flag := range strings.Split(flags, " --") {
		if i > 0 {
			flag = "--" + flag
		}
		switch {
		case column > 0 && column+1+len(flag) > width:
			b.WriteString("\n")
			column = 0
		case column > 0:
			b.WriteString(" ")
			column++
		}
		b.WriteString(flag)
		column += len(flag)
	}
	return b.String()
}

// examples returns the flags whose answers are examples, or an empty string: the team has values of its own. An address below
// example.com that follows from the module path is not listed, because another --module replaces it.
func (p project) examples() string {
	var flags []string
	for _, q := range p.plan.Set.Questions() {
		follows := !q.Example && strings.HasPrefix(p.plan.Answers.Module, "example.com/")
		if !follows && generator.IsExample(q, p.plan.Answers, p.plan.Answers.Values[q.Flag]) {
			flags = append(flags, "--"+q.Flag)
		}
	}
	return strings.Join(flags, ", ")
}

// answerFlags returns the answer to every question, as flags.
func (p project) answerFlags() string {
	questions := p.plan.Set.Questions()
	args := make([]string, 0, 2*len(questions))
	for _, q := range questions {
		args = append(args, "--"+q.Flag, p.plan.Answers.Values[q.Flag])
	}
	return join(args)
}

// changeHint says how to change an answer.
func (p project) changeHint(aim, flags string) string {
	if p.result == nil {
		return aim + ": " + flags
	}
	return aim + ": remove the directory and run again with " + flags
}

// featureList lists the features. A feature that was not chosen is listed with the feature that requires it.
func (p project) featureList() string {
	if len(p.plan.Answers.Features) == 0 {
		return "none"
	}
	forced := p.forced()
	var parts []string
	for _, f := range p.plan.Answers.Features {
		if by, ok := forced[f]; ok {
			f += " (" + by + " requires it)"
		}
		parts = append(parts, f)
	}
	return strings.Join(parts, ", ")
}

// forced maps each feature that was not chosen to the feature that requires it.
func (p project) forced() map[string]string { return p.plan.Set.Forced() }

func (p project) commit() string {
	r := p.result
	switch {
	case r.Committed:
		return fmt.Sprintf("%.7s on %s, by %s", r.Commit, r.Branch, r.Author)
	case r.Enclosing != "" && p.req.repository == writer.RepositoryAuto:
		return "none: inside the repository " + r.Enclosing + " (--git creates a nested one)"
	default:
		return "none, because of --no-git"
	}
}

// commitNotes says what the user has to do before the commit is as git would have made it.
func (p project) commitNotes() []string {
	var notes []string
	if branch := p.plan.Answers.Branch; p.result.Committed && branch != p.result.Branch {
		notes = append(notes, fmt.Sprintf("workflows and links name the branch %s; if that is wrong, remove the files and run again with --branch %s",
			branch, p.result.Branch))
	}
	if p.result.Untrusted {
		notes = append(notes, "another user owns the directory, so git and go build refuse to work in it; allow it with",
			"git config --global --add safe.directory "+quote(p.result.Dir))
	}
	switch {
	case p.result.Fallback && p.result.Unsigned:
		notes = append(notes, "git has no user.name and user.email, and the commit is not signed; set them, then amend it with",
			"git commit --amend --reset-author --no-edit -S")
	case p.result.Fallback:
		notes = append(notes, "git has no user.name and user.email; set them, then become the author with",
			"git commit --amend --reset-author --no-edit")
	case p.result.Unsigned:
		notes = append(notes, "the commit is not signed, although commit.gpgsign is set; sign it with",
			"git commit --amend --no-edit -S")
	}
	return notes
}

// nextSteps returns the commands to run next. It prefers the make targets that the project has.
func (p project) nextSteps() []string {
	var steps []string
	if dir := p.req.target(); dir != "." {
		if strings.HasPrefix(dir, "-") {
			dir = "./" + dir
		}
		steps = append(steps, "cd "+quote(dir))
	}
	if p.req.inWorkspace() {
		steps = append(steps, "go work use .")
	}
	makefile, _ := p.tree.Lookup("Makefile")
	for _, step := range []struct{ target, command string }{
		{"run", "go run ./cmd/" + p.plan.Answers.Name + " serve"},
		{"test", "go test ./..."},
	} {
		if regexp.MustCompile(`(?m)^` + step.target + `:`).Match(makefile) {
			steps = append(steps, "make "+step.target)
		} else {
			steps = append(steps, step.command)
		}
	}
	return steps
}
