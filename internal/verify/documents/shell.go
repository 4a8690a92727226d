package documents

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Unrun returns the bash blocks of a document, which are checked but not run, as one script. Lines keep the numbers
// that they have in the document. The script is empty if there are no such blocks.
func Unrun(blocks []Block) string {
	var b strings.Builder
	line := 1
	for _, block := range blocks {
		if block.Lang != "bash" {
			continue
		}
		b.WriteString(strings.Repeat("\n", block.Line-line))
		b.WriteString(block.Text)
		line = block.Line + strings.Count(block.Text, "\n")
	}
	return b.String()
}

// command is one command of a script.
type command struct {
	line  int
	words []string // * replaces a part that is known only at run time
}

// commands returns the commands of a script in order, including nested ones, and the functions that it defines. It
// expands variables whose value the script sets.
func commands(script string) (found []command, functions map[string]bool, err error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return nil, nil, fmt.Errorf("invalid bash: %w", err)
	}
	values := map[string]string{}
	functions = map[string]bool{}
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.FuncDecl:
			functions[n.Name.Value] = true
		case *syntax.ForClause:
			if words, ok := n.Loop.(*syntax.WordIter); ok {
				values[words.Name.Value] = "*"
			}
		case *syntax.CallExpr:
			for _, a := range n.Assigns {
				if a.Value != nil {
					values[a.Name.Value] = text(a.Value.Parts, values)
				}
			}
			if len(n.Args) > 0 {
				c := command{line: int(n.Pos().Line())}
				for _, word := range n.Args {
					c.words = append(c.words, text(word.Parts, values))
				}
				found = append(found, c)
			}
		}
		return true
	})
	return found, functions, nil
}

func text(parts []syntax.WordPart, values map[string]string) string {
	var b strings.Builder
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(p.Value)
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			b.WriteString(text(p.Parts, values))
		case *syntax.ParamExp:
			value, known := values[p.Param.Value]
			if !known || p.Exp != nil || p.Repl != nil || p.Slice != nil || p.Length {
				value = "*"
			}
			b.WriteString(value)
		default:
			b.WriteString("*")
		}
	}
	return b.String()
}

// ordinary programs are shell builtins or installed on every machine. tools are other programs that a reader needs.
// Their arguments are not checked.
var (
	ordinary = set(`[ . awk base64 basename bash break cat cd comm cp curl cut date dig dirname diff echo exec exit export false find
		git grep gzip head jq kill local ls make mkdir mktemp mv od openssl perl printf read return rm sed sh sleep sort
		source ssh tail tar tee test tr trap true type umask uniq unset wait wc`)
	tools = set(`amtool aws cmctl cosign createdb docker dropdb gh gitleaks kubectl logcli pg_dump pg_restore promtool psql vault`)
)

func set(words string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		all[word] = true
	}
	return all
}

// checkPrompts reports prompts that a later command of their block follows. A terminal without bracketed paste delivers a block line
// by line, and the prompt would take the next line as its answer. bash reads a whole list or compound command before it runs it.
func checkPrompts(blocks []Block, report reporter) {
	for _, b := range blocks {
		if b.Lang != "bash" {
			continue
		}
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(b.Text), "")
		if err != nil || len(file.Stmts) == 0 {
			continue // checkShell reports the error
		}
		for _, statement := range file.Stmts[:len(file.Stmts)-1] {
			syntax.Walk(statement, func(node syntax.Node) bool {
				if n, ok := node.(*syntax.CallExpr); ok && prompts(n) {
					report(b.Line+int(n.Pos().Line())-1, "the prompt would take the next pasted line as its answer; put the commands between { and }")
				}
				return true
			})
		}
	}
}

// prompts reports whether a command asks for a value.
func prompts(c *syntax.CallExpr) bool {
	var words []string
	for _, word := range c.Args {
		words = append(words, word.Lit())
	}
	switch {
	case len(words) < 2:
	case words[0] == "read":
		return strings.HasSuffix(words[1], "p")
	case words[0] == "gh":
		return slices.Contains(words, "secret") && slices.Contains(words, "set") && !slices.Contains(words, "--body")
	}
	return false
}

// checkCheckout requires sections whose commands use files of the repository to mention a checkout: an engineer on call may be outside
// of one.
func (p *Project) checkCheckout(text string, blocks []Block, report reporter) {
	lines := strings.Split(strings.ReplaceAll(text, "git checkout", ""), "\n")
	heading := func(line string) bool { return strings.HasPrefix(line, "## ") || strings.HasPrefix(line, "### ") }
	for _, b := range blocks {
		found, _, err := commands(b.Text)
		if b.Lang != "bash" || err != nil || !slices.ContainsFunc(found, func(c command) bool {
			return c.words[0] == "make" || slices.ContainsFunc(c.words, p.topLevel)
		}) {
			continue
		}
		from, to := b.Line-1, b.Line
		for from > 0 && !heading(lines[from]) {
			from--
		}
		for to < len(lines) && !heading(lines[to]) {
			to++
		}
		if !strings.Contains(strings.Join(lines[from:to], "\n"), "checkout") {
			report(b.Line, "the commands use files of the repository: say that they need a checkout")
		}
	}
}

// checkShell checks every command in the bash blocks.
func (p *Project) checkShell(blocks []Block, report reporter) {
	checkPrompts(blocks, report)
	found, functions, err := commands(Unrun(blocks))
	if err != nil {
		report(1, "%v", err)
		return
	}
	for _, c := range found {
		if !functions[c.words[0]] {
			p.checkCommand(c.words, func(format string, args ...any) { report(c.line, format, args...) })
		}
	}
}

func (p *Project) checkCommand(words []string, report func(format string, args ...any)) {
	for _, word := range words {
		if _, value, isFlag := strings.Cut(word, "="); isFlag && strings.HasPrefix(word, "-") {
			word = value
		}
		if file := strings.TrimSuffix(word, "/"); plain.MatchString(file) && p.topLevel(file) && !p.exists(file) {
			report("%s does not exist", word)
		}
	}
	program, args := words[0], words[1:]
	switch {
	case program == "kubectl" && !p.Kubectl:
	case program == "kubectl":
		p.checkKubectl(args, report)
	case program == "make":
		p.checkMake(args, report)
	case program == p.name || program == "bin/"+p.name || program == "/"+p.name:
		p.checkBinary(program, args, report)
	case program == "gh" && (slices.Contains(args, "run") || slices.Contains(args, "workflow")) && !slices.Contains(args, "-R"):
		report("gh needs -R: an engineer on call may be outside of a checkout")
	case program == "*" || ordinary[program] || tools[program] || p.exists(program):
	default:
		report("%s is not in the list of programs in internal/verify/documents", program)
	}
}

func (p *Project) checkMake(args []string, report func(format string, args ...any)) {
	for _, arg := range args {
		variable, _, assigns := strings.Cut(arg, "=")
		switch {
		case strings.HasPrefix(arg, "-"):
		case assigns && !regexp.MustCompile(`\b`+regexp.QuoteMeta(variable)+`\b`).MatchString(p.files["Makefile"]):
			report("the Makefile has no variable %s", variable)
		case !assigns && !p.targets[arg]:
			report("the Makefile has no target %s", arg)
		}
	}
}

// checkBinary checks a command of the service, in a checkout or in its image.
func (p *Project) checkBinary(program string, args []string, report func(format string, args ...any)) {
	if strings.HasPrefix(program, "/") && !strings.Contains(p.files["Dockerfile"], `"`+program+`"`) {
		report("%s is not the entry point in the Dockerfile", program)
	}
	if at := slices.Index(args, "--"); at >= 0 && at+1 < len(args) {
		p.checkCommand(args[at+1:], report)
	}
	if p.Binary == "" {
		return
	}
	if _, _, _, err := usage(p.Binary, args); err != nil {
		report("%v", err)
	}
}
