package generator

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// formatGo returns Go source as gofmt writes it. If regroup is set, because features added imports, the imports are put
// in order first: the standard library, other modules, the module itself, each group once and each import once.
func formatGo(file, text, module string, regroup bool) (string, error) {
	if regroup {
		var err error
		if text, err = groupImports(text, module); err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
	}
	out, err := format.Source([]byte(text))
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return string(out), nil
}

const (
	importsOpen  = "\nimport (\n"
	importsClose = "\n)\n"
)

// staysFormatted tells whether Go source that gofmt is content with stays so when its sample words are replaced: raw is
// what it was, text what it is. It does if nothing changes but imports of the module itself in groups of their own: what
// they have in common decides no order, and nothing on their lines is aligned. Where that is not obvious the answer is
// no, which only costs the time to format.
func staysFormatted(raw, text string) bool {
	if raw == text {
		return true
	}
	head, rest, _ := strings.Cut(raw, importsOpen)
	block, tail, _ := strings.Cut(rest, importsClose)
	newHead, rest, _ := strings.Cut(text, importsOpen)
	newBlock, newTail, _ := strings.Cut(rest, importsClose)
	if head != newHead || tail != newTail || strings.Contains(head, "`") || strings.Contains(head, "/*") {
		return false
	}
	groups, newGroups := strings.Split(block, "\n\n"), strings.Split(newBlock, "\n\n")
	if len(groups) != len(newGroups) {
		return false
	}
	for i, group := range groups {
		if group != newGroups[i] && !onlyOwnImports(group, newGroups[i]) {
			return false
		}
	}
	return true
}

// onlyOwnImports tells whether every line of a group is a path below the sample module and nothing else, and only the
// module has been replaced.
func onlyOwnImports(group, newGroup string) bool {
	const own = "\t\"" + sampleModule
	lines, newLines := strings.Split(group, "\n"), strings.Split(newGroup, "\n")
	if len(lines) != len(newLines) {
		return false
	}
	prefix := ""
	for i, line := range lines {
		rest, ok := strings.CutPrefix(line, own)
		if !ok || strings.IndexByte(rest, '"') != len(rest)-1 {
			return false
		}
		if i == 0 {
			prefix = strings.TrimSuffix(newLines[i], rest)
		}
		if newLines[i] != prefix+rest {
			return false
		}
	}
	return true
}

// groupImports writes the first import block anew. A comment stays with the import that it is above or beside;
// go/format sorts within the groups and drops what occurs twice.
func groupImports(text, module string) (string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return "", err
	}
	block := importBlock(file)
	if block == nil {
		return text, nil
	}
	offset := func(p token.Pos) int { return fset.Position(p).Offset }

	var groups [3][]string
	seen := map[string]bool{}
	owned := map[*ast.CommentGroup]bool{}
	for _, s := range block.Specs {
		spec, ok := s.(*ast.ImportSpec)
		if !ok {
			continue
		}
		start, end := spec.Pos(), spec.End()
		if spec.Doc != nil {
			start = spec.Doc.Pos()
		}
		if spec.Comment != nil {
			end = spec.Comment.End()
		}
		owned[spec.Doc], owned[spec.Comment] = true, true
		source := text[offset(start):offset(end)]
		if seen[source] {
			continue
		}
		seen[source] = true
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return "", err
		}
		g := groupOf(importPath, module)
		groups[g] = append(groups[g], source)
	}
	for _, comment := range file.Comments {
		if comment.Pos() > block.Lparen && comment.End() < block.Rparen && !owned[comment] {
			return "", fmt.Errorf("imports: a comment that belongs to no import: %s", strings.TrimSpace(comment.Text()))
		}
	}
	var b strings.Builder
	b.WriteString(text[:offset(block.Lparen)] + "(\n")
	for _, g := range groups {
		if len(g) > 0 {
			b.WriteString(strings.Join(g, "\n") + "\n\n")
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n" + text[offset(block.Rparen):], nil
}

// importBlock returns the first import declaration in brackets.
func importBlock(file *ast.File) *ast.GenDecl {
	for _, d := range file.Decls {
		if decl, ok := d.(*ast.GenDecl); ok && decl.Tok == token.IMPORT && decl.Lparen.IsValid() {
			return decl
		}
	}
	return nil
}

// groupOf returns 0 for the standard library, 1 for another module, 2 for the module itself.
func groupOf(importPath, module string) int {
	first, _, _ := strings.Cut(importPath, "/")
	switch {
	case importPath == module || strings.HasPrefix(importPath, module+"/"):
		return 2
	case strings.Contains(first, "."):
		return 1
	}
	return 0
}
