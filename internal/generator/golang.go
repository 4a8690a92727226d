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

// formatGo formats Go source like gofmt. If regroup is set, because features added imports, it first groups the
// imports: the standard library, other modules, the module itself. It removes duplicate imports.
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

// groupImports rewrites the first import block. A comment stays with the import that it documents. go/format sorts each
// group and removes duplicates.
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
			return "", fmt.Errorf("imports: comment without an import: %s", strings.TrimSpace(comment.Text()))
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

// importBlock returns the first import declaration with parentheses, or nil.
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
