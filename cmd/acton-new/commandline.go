package main

import (
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/writer"
)

// commandLine returns the command that creates the same project without prompts. It omits answers that equal their
// default, except the module path: its default depends on the working directory.
func (p project) commandLine() string {
	args := []string{"acton-new", p.plan.Answers.Name, "--yes", "--module", p.plan.Answers.Module}
	if len(p.plan.Answers.Features) > 0 {
		args = append(args, "--features", strings.Join(p.plan.Answers.Features, ","))
	}
	if _, given := p.req.origins["branch"]; given || p.plan.Answers.Branch != generator.DefaultBranch {
		args = append(args, "--branch", p.plan.Answers.Branch)
	}
	for _, q := range p.plan.Set.Questions() {
		value := p.plan.Answers.Values[q.Flag]
		if value != generator.DefaultValue(q, p.plan.Answers) {
			args = append(args, "--"+q.Flag, value)
		}
	}
	if p.req.dir != "" {
		args = append(args, "--dir", p.req.dir)
	}
	switch p.req.repository {
	case writer.RepositoryNever:
		args = append(args, "--no-git")
	case writer.RepositoryAlways:
		args = append(args, "--git")
	case writer.RepositoryAuto:
	}
	return join(args)
}

// join returns the arguments as one line, quoted for a POSIX shell.
func join(args []string) string {
	args = slices.Clone(args)
	for i, a := range args {
		args[i] = quote(a)
	}
	return strings.Join(args, " ")
}

func quote(arg string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./,:=@%+~", r)
	}
	if arg != "" && !strings.HasPrefix(arg, "~") && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
