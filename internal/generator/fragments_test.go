package generator

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/templates"
)

// assignment matches a line that replaces the value of a variable, a field or an element.
var assignment = regexp.MustCompile(`^([\w.]+(?:\["[^"]+"\])?) = (.*)$`)

// Several features fill the slots of tests and settings. A fragment that replaced a list would delete the part of another feature.
func TestFragmentsOfTestsAppendToLists(t *testing.T) {
	for _, pattern := range []string{"_features/*/slots", "_features/*/with/*/slots"} {
		folders, err := fs.Glob(templates.All, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, folder := range folders {
			for _, slot := range []string{"app/test-settings", "e2e/settings", "config/fixture", "httpapi/test-routes"} {
				data, err := fs.ReadFile(templates.All, path.Join(folder, slot))
				if err != nil {
					continue // the feature does not fill it
				}
				for line := range strings.Lines(string(data)) {
					found := assignment.FindStringSubmatch(strings.TrimSpace(line))
					if found == nil || strings.HasPrefix(found[2], "append("+found[1]+",") {
						continue
					}
					key := path.Base(path.Dir(folder)) + "."
					if !strings.HasPrefix(found[1], `all["`+key) {
						t.Errorf("%s/%s: %s replaces what other features set; append to it", folder, slot, found[1])
					}
				}
			}
		}
	}
}

// The README promises local names to the authors of fragments.
func TestDocumentedLocalNamesExist(t *testing.T) {
	readme, err := os.ReadFile("../../templates/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "| slots | file | names |\n|---|---|---|\n")
	quoted := regexp.MustCompile("`([^`]+)`")
	rows := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			break
		}
		rows++
		var cell [4][]string
		for i := range cell {
			for _, found := range quoted.FindAllStringSubmatch(cells[i], -1) {
				cell[i] = append(cell[i], found[1])
			}
		}
		file := "_base/files/" + strings.Join(cell[2], "")
		data, err := fs.ReadFile(templates.All, file)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, slot := range cell[1] {
			if !strings.Contains(string(data), `{{slot "`+slot+`"}}`) {
				t.Errorf("%s has no slot %s", file, slot)
			}
		}
		declared := declaredNames(t, file, data)
		for _, name := range cell[3] {
			if !slices.Contains(declared, name) && !strings.Contains(name, "/") && name != "store" { // a fragment declares store
				t.Errorf("%s does not declare %s", file, name)
			}
		}
	}
	if rows == 0 {
		t.Error("the README has no table of local names")
	}
}

// declaredNames returns the parameters, receivers and local variables of a file.
func declaredNames(t *testing.T, file string, data []byte) (declared []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, data, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				declared = append(declared, name.Name)
			}
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if name, ok := left.(*ast.Ident); ok && n.Tok == token.DEFINE {
					declared = append(declared, name.Name)
				}
			}
		}
		return true
	})
	return declared
}
