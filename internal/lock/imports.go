package lock

import (
	"bytes"
	"errors"
	"fmt"
	"go/build/constraint"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Imports is what a project imports from other modules.
type Imports struct {
	module   string
	packages map[string]string // package → the first file that imports it
	tests    map[string]string // the same of what only tests import
	own      map[string]bool   // packages of the project
}

// GoFile is a Go file, and what it imports apart from the standard library.
type GoFile struct {
	Path    string // in the project, with slashes
	Imports []string
}

// ReadGoFile reads what a file imports. It is nothing that counts if the go command would not look at it for what the
// project imports: what is no Go file, stands in testdata, or is built by no tag but ignore.
func ReadGoFile(path string, data []byte) (file GoFile, counts bool, err error) {
	if !isRead(path) {
		return GoFile{}, false, nil
	}
	imports, counts, err := Scan(path, data)
	return GoFile{Path: path, Imports: imports}, counts, err
}

// Collect returns what the Go files of a project import.
func Collect(module string, files []GoFile) *Imports {
	i := &Imports{module: module, packages: map[string]string{}, tests: map[string]string{}, own: map[string]bool{}}
	for _, f := range files {
		i.own[path.Join(module, path.Dir(f.Path))] = true
	}
	for _, f := range files {
		for _, pkg := range f.Imports {
			if !i.own[pkg] {
				i.Add(f.Path, pkg)
			}
		}
	}
	return i
}

// Add notes that a file imports a package of another module.
func (i *Imports) Add(file, pkg string) {
	to := i.packages
	if strings.HasSuffix(file, "_test.go") {
		to = i.tests
	}
	if first, ok := to[pkg]; !ok || file < first {
		to[pkg] = file
	}
}

// Packages returns the packages that packages of the project import, each with a file that does.
func (i *Imports) Packages() map[string]string { return maps.Clone(i.packages) }

// Tests returns the packages that its tests import, each with a file that does.
func (i *Imports) Tests() map[string]string { return maps.Clone(i.tests) }

// Key is equal for two projects that import the same.
func (i *Imports) Key() string {
	keys := append(slices.Sorted(maps.Keys(i.packages)), testsFollow)
	return strings.Join(append(keys, slices.Sorted(maps.Keys(i.tests))...), " ")
}

// Union returns what any of the projects imports.
func Union(all []*Imports) *Imports {
	u := &Imports{packages: map[string]string{}, tests: map[string]string{}}
	for _, i := range all {
		for pkg, file := range i.packages {
			u.Add(file, pkg)
		}
		for pkg, file := range i.tests {
			u.Add(file, pkg)
		}
	}
	return u
}

// owns tells whether the package is one of the project.
func (i *Imports) owns(pkg string) bool { return i.own[pkg] }

// isRead tells whether the go command looks at a file of a module for what the module imports.
func isRead(file string) bool {
	dir, name := path.Split(file)
	if path.Ext(name) != ".go" || name[0] == '_' || name[0] == '.' {
		return false
	}
	for elem := range strings.SplitSeq(dir, "/") {
		if elem == "testdata" || elem == "vendor" || strings.HasPrefix(elem, "_") || strings.HasPrefix(elem, ".") {
			return false
		}
	}
	return true
}

// Scan returns what a Go file imports apart from the standard library. Every build constraint counts as met and as not
// met, apart from one on the tag ignore: if that keeps the file out, ok is false. So a file counts on every system, and
// with every tag.
func Scan(file string, source []byte) (imports []string, ok bool, err error) {
	if !buildable(source) {
		return nil, false, nil
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
	if parsed == nil {
		return nil, false, err
	}
	if list := (scanner.ErrorList)(nil); errors.As(err, &list) {
		return nil, false, fmt.Errorf("%w", list[0])
	}
	for _, spec := range parsed.Imports {
		dep, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", file, err)
		}
		if first, _, _ := strings.Cut(dep, "/"); strings.Contains(first, ".") {
			imports = append(imports, dep)
		}
	}
	return imports, true, nil
}

// buildable tells whether any build at all could use the file. A line //go:build decides; without one, the lines +build
// that stand before a blank line do.
func buildable(source []byte) bool {
	var plus, pending []constraint.Expr
	comment := false // within /* */
	for bytesOfLine := range bytes.Lines(source) {
		line := string(bytes.TrimSpace(bytesOfLine))
		switch {
		case comment || strings.HasPrefix(line, "/*"):
			_, after, closed := strings.Cut(line, "*/")
			if comment = !closed; closed && strings.TrimSpace(after) != "" {
				return met(plus)
			}
		case line == "":
			plus, pending = append(plus, pending...), nil
		case constraint.IsGoBuild(line):
			expr, err := constraint.Parse(line)
			return err == nil && possible(expr, true)
		case constraint.IsPlusBuild(line):
			if expr, err := constraint.Parse(line); err == nil {
				pending = append(pending, expr)
			}
		case !strings.HasPrefix(line, "//"):
			return met(plus)
		}
	}
	return met(plus)
}

func met(constraints []constraint.Expr) bool {
	for _, expr := range constraints {
		if !possible(expr, true) {
			return false
		}
	}
	return true
}

// possible evaluates a constraint with every tag but ignore having the value that is wanted.
func possible(expr constraint.Expr, wanted bool) bool {
	switch x := expr.(type) {
	case *constraint.NotExpr:
		return !possible(x.X, !wanted)
	case *constraint.AndExpr:
		return possible(x.X, wanted) && possible(x.Y, wanted)
	case *constraint.OrExpr:
		return possible(x.X, wanted) || possible(x.Y, wanted)
	case *constraint.TagExpr:
		return x.Tag != "ignore" && wanted
	}
	return false
}
