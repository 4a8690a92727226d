package generator

import (
	"fmt"
	"path"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/Masterminds/sprig/v3"
)

// document is the data of the lists in Markdown documents.
type document struct {
	Features []documentFeature // selected features, sorted by name
	Files    []string          // path of every file, sorted
}

type documentFeature struct{ Name, Title, Summary, Group string }

// allowedFunctions are the sprig functions that a document can use. All of them are pure. sprig's own "hermetic" map is
// not: some of its functions read the clock or return random numbers.
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

// expand executes the lists of a Markdown document. A list starts at a line with only <!--{{range …}}--> and ends at a
// line with only <!--{{end}}-->. The lines in between are a template. All other text is copied, even if it contains
// template delimiters. An empty list produces no output.
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
			return "", fmt.Errorf("%s: unexpected directive %s; a document supports only lists, from {{range …}} to {{end}}",
				file, strings.TrimSpace(line))
		case depth == 0:
			if strings.Contains(line, "<!--{{") {
				return "", fmt.Errorf("%s: a directive must be alone on its line: %s", file, strings.TrimSpace(line))
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
		return "", fmt.Errorf("%s: missing <!--{{end}}--> at the end of a list", file)
	}
	return out.text(), nil
}

// list appends the output of a list.
func (f *filler) list(rendered string) {
	f.afterSlot = true
	if rendered != "" {
		for _, line := range strings.Split(strings.TrimSuffix(rendered, "\n"), "\n") {
			f.line(line)
		}
	}
	f.afterSlot = true
}

func executeList(file string, block []string, data document) (string, error) {
	t, err := template.New(file).Funcs(documentFunctions()).Option("missingkey=error").Parse(strings.Join(block, ""))
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	if err := checkNodes(t.Root); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return b.String(), nil
}

// checkNodes rejects template nodes other than text, values and lists. Conditional content belongs in the folder of a
// feature.
func checkNodes(list *parse.ListNode) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode, *parse.ActionNode:
		case *parse.RangeNode:
			if n.ElseList != nil {
				return fmt.Errorf("a list cannot have {{else}}: %s", n)
			}
			if err := checkNodes(n.List); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a document supports only values and lists, not %s", node)
		}
	}
	return nil
}
