package generator

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// exportedAnyway lists exported names that no other package of the project uses, and why they are exported.
var exportedAnyway = map[string]string{
	"internal/httpapi.NoteChangeV1":  "the schema has this name",
	"internal/httpapi.NoteDraftV1":   "the schema has this name",
	"internal/httpapi.NotePageV1":    "the schema has this name",
	"internal/httpapi.Preconditions": "huma ignores embedded structs that are not exported",
	"internal/note.MaxBody":          "the rules of the domain",
	"internal/note.MaxLimit":         "the rules of the domain",
	"internal/note.MaxOwner":         "the rules of the domain",
	"internal/note.MaxTitle":         "the rules of the domain",
	"internal/note/notetest.Note":    "the fixture for tests of a store",
}

// An exported name of a package below internal/ that no other package uses, not even in its tests, is a promise to nobody.
// A name is used if an exported declaration of its package mentions it.
func TestExportedNamesAreUsed(t *testing.T) {
	l := realLibrary(t)
	excused := map[string]bool{}
	for project, answers := range l.goldens() {
		exported, used := map[string]bool{}, map[string]bool{}
		for _, file := range l.mustFiles(t, answers) {
			if path.Ext(file.Path) != ".go" {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file.Path, file.Data, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			dir := path.Dir(file.Path)
			imports := map[string]string{} // folders of other packages, by their name in the file
			for _, spec := range tree.Imports {
				imported, _ := strconv.Unquote(spec.Path.Value)
				_, of, _ := strings.Cut(imported, answers.Module+"/")
				name := path.Base(of)
				if spec.Name != nil {
					name = spec.Name.Name
				}
				if of != dir {
					imports[name] = of
				}
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if selector, ok := n.(*ast.SelectorExpr); ok {
					if of, ok := selector.X.(*ast.Ident); ok {
						used[imports[of.Name]+"."+selector.Sel.Name] = true
					}
				}
				return true
			})
			if strings.HasSuffix(file.Path, "_test.go") {
				continue
			}
			for _, decl := range tree.Decls {
				for name, declaration := range declared(decl) {
					exported[dir+"."+name] = ast.IsExported(name) && strings.HasPrefix(dir, "internal/")
					ast.Inspect(declaration, func(n ast.Node) bool {
						if ident, ok := n.(*ast.Ident); ok && ident.Name != name {
							used[dir+"."+ident.Name] = true
						}
						return true
					})
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(exported)) {
			if !exported[name] || used[name] {
				continue
			}
			if excused[name] = exportedAnyway[name] != ""; !excused[name] {
				t.Errorf("%s: no other package uses %s", project, name)
			}
		}
	}
	for name := range exportedAnyway {
		if !excused[name] {
			t.Errorf("%s is used, or does not exist any more: remove it from exportedAnyway", name)
		}
	}
}

// declared returns the names of a declaration that other packages can use, each with the part that they see. A method
// is not checked itself, because interfaces use methods, too: its name begins with a dot.
func declared(decl ast.Decl) map[string]ast.Node {
	found := map[string]ast.Node{}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		switch {
		case !ast.IsExported(d.Name.Name):
		case d.Recv != nil:
			found["."+d.Name.Name] = d.Type
		default:
			found[d.Name.Name] = d.Type
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if ast.IsExported(s.Name.Name) {
					found[s.Name.Name] = s.Type
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if ast.IsExported(name.Name) {
						found[name.Name] = s
					}
				}
			}
		}
	}
	return found
}
