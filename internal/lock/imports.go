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

// Imports holds the packages that a project imports from other modules.
type Imports struct {
	module   string
	packages map[string]string // imports of the packages; the value is the first file that imports the package
	tests    map[string]string // imports of the tests, in the same form
	own      map[string]bool   // packages of the project
}

// GoFile is a Go file and its imports, without the standard library.
type GoFile struct {
	Path    string // relative to the project, with slashes
	Imports []string
}

// ReadGoFile reads the imports of a file. counts is false if go mod tidy ignores the file: if it is not a Go file, is
// in a testdata folder, or has the build constraint ignore.
func ReadGoFile(path string, data []byte) (file GoFile, counts bool, err error) {
	if !isSource(path) {
		return GoFile{}, false, nil
	}
	imports, counts, err := Scan(path, data)
	return GoFile{Path: path, Imports: imports}, counts, err
}

// Collect returns the imports of a project with these Go files.
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

// Add adds an import of a package from another module.
func (i *Imports) Add(file, pkg string) {
	to := i.packages
	if strings.HasSuffix(file, "_test.go") {
		to = i.tests
	}
	if first, ok := to[pkg]; !ok || file < first {
		to[pkg] = file
	}
}

// Packages returns the imports of the project's packages. The value is the first file with the import.
func (i *Imports) Packages() map[string]string { return maps.Clone(i.packages) }

// Tests returns the imports of the project's tests. The value is the first file with the import.
func (i *Imports) Tests() map[string]string { return maps.Clone(i.tests) }

// Key returns a string that is equal for two projects with the same imports.
func (i *Imports) Key() string {
	keys := append(slices.Sorted(maps.Keys(i.packages)), testsFollow)
	return strings.Join(append(keys, slices.Sorted(maps.Keys(i.tests))...), " ")
}

// Union returns the imports of all projects together.
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

// owns reports whether the project contains the package.
func (i *Imports) owns(pkg string) bool { return i.own[pkg] }

// isSource reports whether go mod tidy reads the imports of a file with this path.
func isSource(file string) bool {
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

// Scan returns the imports of a Go file, without the standard library. ok is false if the tag ignore excludes the file.
// Like go mod tidy, Scan accepts every other build constraint, so the result does not depend on the system or on tags.
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

// buildable reports whether a build with some tags other than ignore can use the file. It evaluates the //go:build line
// or, without one, the +build lines that a blank line follows.
func buildable(source []byte) bool {
	var plus, pending []constraint.Expr
	comment := false // within /* */
	for bytesOfLine := range bytes.Lines(source) {
		line := string(bytes.TrimSpace(bytesOfLine))
		switch {
		case comment || strings.HasPrefix(line, "/*"):
			_, after, closed := strings.Cut(line, "*/")
			if comment = !closed; closed && strings.TrimSpace(after) != "" {
				return allPossible(plus)
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
			return allPossible(plus)
		}
	}
	return allPossible(plus)
}

func allPossible(constraints []constraint.Expr) bool {
	for _, expr := range constraints {
		if !possible(expr, true) {
			return false
		}
	}
	return true
}

// possible reports whether a constraint can have the wanted value. Every tag except ignore can be true or false; ignore
// is always false.
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
