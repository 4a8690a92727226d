package generator

import (
	"fmt"
	"path"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/Masterminds/sprig/v3"
)

// document is what a list in a Markdown document can range over.
type document struct {
	Features []documentFeature // the chosen features, by name
	Files    []string          // the path of every file, sorted
}

type documentFeature struct{ Name, Title, Summary, Group string }

// allowedFunctions are the functions of sprig that a document can use. Each depends on its arguments alone: sprig's own
// "hermetic" map also holds functions that read the clock or draw random numbers.
var allowedFunctions = [...]string{
	"add", "base", "clean", "contains", "default", "dir", "empty", "ext", "first", "has", "hasPrefix", "hasSuffix", "indent",
	"initial", "join", "kebabcase", "last", "list", "lower", "nindent", "nospace", "plural", "quote", "repeat", "replace",
	"rest", "reverse", "snakecase", "sortAlpha", "splitList", "squote", "sub", "substr", "title", "trim", "trimAll",
	"trimPrefix", "trimSuffix", "trunc", "uniq", "upper", "without",
}

func documentFunctions() template.FuncMap {
	all := sprig.TxtFuncMap()
	allowed := make(template.FuncMap, len(allowedFunctions))
	for _, name := range allowedFunctions {
		allowed[name] = all[name]
	}
	return allowed
}

const (
	rangeDirective = "range "
	endDirective   = "end"
)

// expand runs the lists of a Markdown document. A list begins with a line that holds only <!--{{range …}}--> and ends with
// one that holds only <!--{{end}}-->. What stands between is a template; everything else is ordinary text, whatever
// delimiters it holds. A list that is empty leaves nothing.
func expand(file, text string, data document) (string, error) {
	if path.Ext(file) != ".md" || !strings.Contains(text, "<!--{{") {
		return text, nil
	}
	mark, _ := commentOf(file)
	out := filler{}
	var block []string
	depth := 0
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		_, directive, ok := mark.directive(line)
		switch {
		case ok && strings.HasPrefix(directive, rangeDirective):
			depth++
		case ok && directive == endDirective && depth > 0:
			depth--
			if depth == 0 {
				rendered, err := executeList(file, append(block, "{{end}}"), data)
				if err != nil {
					return "", err
				}
				out.list(rendered)
				block = nil
				continue
			}
		case ok:
			return "", fmt.Errorf("%s: %s: a document has only lists, from {{range …}} to {{end}}", file, strings.TrimSpace(line))
		case depth == 0:
			if strings.Contains(line, "<!--{{") {
				return "", fmt.Errorf("%s: a directive stands alone on its line: %s", file, strings.TrimSpace(line))
			}
			out.line(line)
			continue
		}
		if ok {
			block = append(block, "{{"+directive+"}}")
		} else {
			block = append(block, line+"\n")
		}
	}
	if depth > 0 {
		return "", fmt.Errorf("%s: a list has no <!--{{end}}-->", file)
	}
	return out.text(), nil
}

// list appends what a list rendered.
func (f *filler) list(rendered string) {
	f.seam = true
	if rendered != "" {
		for _, line := range strings.Split(strings.TrimSuffix(rendered, "\n"), "\n") {
			f.line(line)
		}
	}
	f.seam = true
}

func executeList(file string, block []string, data document) (string, error) {
	t, err := template.New(file).Funcs(documentFunctions()).Option("missingkey=error").Parse(strings.Join(block, ""))
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	if err := onlyLists(t.Root); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return b.String(), nil
}

// onlyLists refuses everything in a template but text, values and lists: a condition belongs in the name of a folder.
func onlyLists(list *parse.ListNode) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode, *parse.ActionNode:
		case *parse.RangeNode:
			if n.ElseList != nil {
				return fmt.Errorf("a list cannot have an else: %s", n)
			}
			if err := onlyLists(n.List); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a document has values and lists only, not %s", node)
		}
	}
	return nil
}
