package generator

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/features"
)

// otherResources are nouns with a regular and an irregular plural, and with another article.
var otherResources = []string{"order", "person:people", "category"}

var anyResource = regexp.MustCompile(`[nN]ote|NOTE_`)

// The noun of --resource replaces the sample resource everywhere, in valid code. The first and the last combination have
// every file.
func TestResourceReplacesTheSampleEverywhere(t *testing.T) {
	skipSequential(t)
	l := realLibrary(t)
	first, last := l.firstAndLast()
	var answers []Answers
	for _, noun := range otherResources {
		for _, set := range []features.Set{first, last} {
			a := Answers{Name: goldenName, Module: goldenModule, Features: set.Features(), Values: map[string]string{"resource": noun}}
			answers = append(answers, a)
			proofs, err := l.proofs(a)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range slices.Concat(l.mustFiles(t, a), proofs) {
				text := f.Path + "\n" + string(f.Data)
				for _, word := range protected {
					text = strings.ReplaceAll(text, word, "")
				}
				text = strings.ReplaceAll(text, "resource: "+noun, "")
				if at := anyResource.FindStringIndex(text); at != nil {
					t.Errorf("%s: %s: contains %q", noun, f.Path, text[max(0, at[0]-20):min(len(text), at[1]+20)])
				}
				wantValid(t, noun+": "+f.Path, f.Path, f.Data)
			}
		}
	}
	if report := l.check(t, answers); len(report.Faults) > 0 {
		t.Error(report)
	}
}

func TestPluralFollowsTheRules(t *testing.T) {
	for answer, want := range map[string]resource{
		"order": {"order", "orders"}, "category": {"category", "categories"}, "day": {"day", "days"}, "box": {"box", "boxes"}, "note:jottings": {"note", "jottings"},
		"branch": {"branch", "branches"}, "person:people": {"person", "people"},
	} {
		if got := newResource(answer); got != want {
			t.Errorf("%s: got %v, want %v", answer, got, want)
		}
	}
}

func TestResourceHasItsArticle(t *testing.T) {
	if got := newWords("ab", "a.b/c", newResource("note:jottings")).Replace("a note of two Notes"); got != "a note of two Jottings" {
		t.Errorf("got %q", got)
	}
	got := newWords("ab", "a.b/c", newResource("order")).Replace("// A note is a note (a note), not a new note of alice's notes. TestLifeOfANote --generate-notes\n")
	want := "// An order is an order (an order), not a new order of alice's orders. TestLifeOfAnOrder --generate-notes\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestResourceIsRefusedIfItMeansSomethingElse(t *testing.T) {
	l := realLibrary(t)
	for noun, want := range map[string]string{
		"main": "package of Go", "init": "package of Go", "vendor": "package of Go",
		"type": "keyword of Go", "string": "predeclared name", "table": "reserved word of SQL", "page": "name in the service",
		"sheep:sheep": "also the plural", "Order": "lower-case letters", "ab": "3 to 20", "line-item": "lower-case letters", "home:address": "name in the service", "key:keys": "name in the service",
	} {
		_, err := Resolve(l.cat, Answers{Name: "ab", Module: "a.b/c", Values: map[string]string{"resource": noun}})
		if err == nil || !strings.Contains(err.Error(), "--resource: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want --resource and %q", noun, err, want)
		}
	}
}

// A noun must not be a name in the files that use the sample resource: it would hide the package of the resource. Nor can
// it be another package or file of the project. -update writes the list.
func TestGoldenListOfNamesIsUpToDate(t *testing.T) {
	const file = "names.txt"
	l := realLibrary(t)
	noun := regexp.MustCompile(`^:?[a-z]{3,20}$`)
	reserved := strings.Fields(goKeywords + " " + goPredeclared + " " + sqlReserved + " main")
	found := map[string]bool{}
	add := func(name string) {
		name = strings.ToLower(name)
		if noun.MatchString(name) && !strings.Contains(name, sampleResource) && !slices.Contains(reserved, name) {
			found[name] = true
		}
	}
	for _, answers := range l.goldens() {
		tree := l.mustFiles(t, answers)
		pathWords(t, tree, add)
		siblings := packagesWithSample(t, tree)
		for _, f := range tree {
			if folders, ok := strings.CutPrefix(path.Dir(f.Path), "internal/"); ok {
				for folder := range strings.SplitSeq(folders, "/") {
					add(folder)
				}
			}
			if path.Ext(f.Path) == ".go" {
				names(t, f, siblings[path.Dir(f.Path)], add)
			}
		}
	}
	want := strings.Join(slices.Sorted(maps.Keys(found)), "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Fields(want), strings.Fields(serviceNames)); diff != "" {
		t.Errorf("%s is out of date; run go test ./internal/generator -run Golden -update (-sample code +%s):\n%s", file, file, diff)
	}
}

// pathWords calls add with each word that would make the path of a file of the sample resource that of another file. A colon
// precedes a plural.
func pathWords(t *testing.T, tree Tree, add func(word string)) {
	t.Helper()
	for _, f := range tree {
		// The resource window would create x_windows.go, which the go command builds for Windows only.
		if strings.HasSuffix(f.Path, "_"+sampleResource+".go") || strings.HasSuffix(f.Path, "_"+sampleResources+".go") {
			t.Errorf("%s: the name of a Go file must not end with the name of the resource", f.Path)
		}
		for noun, colon := range map[string]string{sampleResource: "", sampleResources: ":"} {
			before, after, ok := strings.Cut(f.Path, noun)
			if !ok || strings.Contains(after, sampleResource) || noun == sampleResource && strings.HasPrefix(after, "s") {
				continue
			}
			for _, other := range tree {
				if len(other.Path) > len(before)+len(after) && strings.HasPrefix(other.Path, before) && strings.HasSuffix(other.Path, after) {
					add(colon + other.Path[len(before):len(other.Path)-len(after)])
				}
			}
		}
	}
}

// packagesWithSample returns the directories of the packages with a file that imports the package of the sample resource.
func packagesWithSample(t *testing.T, tree Tree) map[string]bool {
	t.Helper()
	dirs := map[string]bool{}
	for _, f := range tree {
		if path.Ext(f.Path) == ".go" && importsSample(parsed(t, f)) {
			dirs[path.Dir(f.Path)] = true
		}
	}
	return dirs
}

func parsed(t *testing.T, f File) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Data, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func importsSample(file *ast.File) bool {
	return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool {
		return strings.HasSuffix(spec.Path.Value, "/internal/"+sampleResource+`"`)
	})
}

// names calls add with each name that a file declares or imports, if the file uses the sample resource. A file may not import
// a package by a name that its own package declares in any file, so siblings of a file that imports the resource add those.
func names(t *testing.T, f File, sibling bool, add func(name string)) {
	t.Helper()
	file := parsed(t, f)
	uses := strings.HasPrefix(f.Path, "internal/note/") || importsSample(file)
	if !uses {
		lower := func(name string) {
			if name == strings.ToLower(name) {
				add(name)
			}
		}
		for _, decl := range file.Decls {
			if mentions(decl) {
				usages(decl, lower)
			}
			if sibling {
				packageLevel(decl, lower)
			}
		}
		return
	}
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		add(path.Base(imported))
	}
	declarations(file, add)
}

// mentions reports whether a node declares a variable with the name of the sample resource.
func mentions(node ast.Node) bool {
	found := false
	declarations(node, func(name string) { found = found || name == sampleResource || name == sampleResources })
	return found
}

// packageLevel calls add with each name that a declaration adds to its package.
func packageLevel(decl ast.Decl, add func(name string)) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			add(decl.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				add(spec.Name.Name)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					add(name.Name)
				}
			}
		}
	}
}

// usages calls add with each name in a node that is not a field or a method.
func usages(node ast.Node, add func(name string)) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			usages(n.X, add)
			return false
		case *ast.KeyValueExpr:
			usages(n.Value, add)
			return false
		case *ast.Ident:
			add(n.Name)
		}
		return true
	})
}

// declarations calls add with each name that is declared in a node.
func declarations(node ast.Node, add func(name string)) {
	identifiers := func(all ...ast.Expr) {
		for _, e := range all {
			if id, ok := e.(*ast.Ident); ok {
				add(id.Name)
			}
		}
	}
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				identifiers(name)
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				identifiers(name)
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				identifiers(n.Lhs...)
			}
		case *ast.RangeStmt:
			identifiers(n.Key, n.Value)
		case *ast.TypeSpec:
			identifiers(n.Name)
		case *ast.FuncDecl:
			identifiers(n.Name)
		}
		return true
	})
}

// In a script for k6, the noun may be a reserved word of JavaScript. So it occurs in texts, comments and properties only.
func TestScriptsHaveNoVariableWithTheNameOfTheResource(t *testing.T) {
	comment, quoted := regexp.MustCompile(`(?m)//.*$`), regexp.MustCompile(`'[^'\n]*'`)
	template, inserted := regexp.MustCompile("`[^`]*`"), regexp.MustCompile(`\$\{[^}]*\}`)
	variable := regexp.MustCompile(`(^|[^.\w])notes?\b`)
	scripts := 0
	l := realLibrary(t)
	for _, answers := range l.goldens() {
		for _, f := range l.mustFiles(t, answers) {
			if path.Ext(f.Path) != ".js" {
				continue
			}
			scripts++
			code := quoted.ReplaceAllString(string(f.Data), "''")
			code = comment.ReplaceAllString(code, "")
			code = template.ReplaceAllStringFunc(code, func(text string) string { return strings.Join(inserted.FindAllString(text, -1), " ") })
			if at := variable.FindStringIndex(code); at != nil {
				found := code[max(0, at[0]-40):min(len(code), at[1]+20)]
				t.Errorf("%s: has a variable in %q; give it a name that does not depend on the resource", f.Path, found)
			}
		}
	}
	if scripts == 0 {
		t.Error("found no scripts")
	}
}
