package typecheck

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"runtime"
	"slices"
	"strings"
	"sync"
	"weak"
)

// maxFaults is the maximum number of reported type errors of a package. Later ones are mostly consequences.
const maxFaults = 10

// Check checks every version, with the Go version of the universe, and returns a report. The family cannot be used
// afterwards.
func (f *Family) Check(ctx context.Context, u *Universe) (*Report, error) {
	goVersion, err := u.goVersion()
	if err != nil {
		return nil, err
	}
	if err := u.Load(ctx, f.Imports()); err != nil {
		return nil, err
	}
	f.packages = nil
	slices.SortFunc(f.versions, smaller)
	r := &run{
		universe: u, goVersion: goVersion, files: token.NewFileSet(),
		apis: map[string]weak.Pointer[api]{}, found: map[[sha256.Size]byte]int{},
	}
	results := make([]result, len(f.versions))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				results[i] = r.walk(f.versions[i])
				f.versions[i].packages = nil // drops the packages and units that no later version has
			}
		})
	}
	for i := range f.versions {
		next <- i
	}
	close(next)
	workers.Wait()
	return newReport(f.versions, results, r.checked), nil
}

// smaller sorts versions by number of features, so that the first version with a fault is the smallest.
func smaller(a, b *version) int {
	if c := len(a.features) - len(b.features); c != 0 {
		return c
	}
	if c := slices.Compare(a.features, b.features); c != 0 {
		return c
	}
	return strings.Compare(a.module, b.module)
}

// run is the shared state of the workers of one Check.
type run struct {
	universe  *Universe
	goVersion string
	files     *token.FileSet

	mu      sync.Mutex
	checked int // number of units
	apis    map[string]weak.Pointer[api]
	found   map[[sha256.Size]byte]int // number of each distinct package with its tests
}

// variant returns the number of a distinct package, from 1. keys identifies its files and the checked units.
func (r *run) variant(keys string) int {
	sum := sha256.Sum256([]byte(keys))
	r.mu.Lock()
	defer r.mu.Unlock()
	n, ok := r.found[sum]
	if !ok {
		n = len(r.found) + 1
		r.found[sum] = n
	}
	return n
}

// unit is the result of checking some files of a package with their imports.
type unit struct {
	done   chan struct{}
	api    *api // nil if the unit or one of its imports has an error
	faults []Fault
}

// maxUnits is the number of units of a package with the same files that are kept, because other versions may have the same
// imports. A package with more imports the packages that connect all features, which are different in every version.
const maxUnits = 64

// once returns the unit of a package with this key. The first caller checks it; others wait.
func (r *run) once(p *pkg, key string, check func(*unit)) *unit {
	r.mu.Lock()
	u, known := p.checked[key]
	if !known {
		u = &unit{done: make(chan struct{})}
		r.checked++
		if len(p.checked) < maxUnits {
			p.checked[key] = u
		}
	}
	r.mu.Unlock()
	if known {
		<-u.done
		return u
	}
	defer close(u.done)
	check(u)
	return u
}

// task is a unit to check.
type task struct {
	module  string
	path    string
	sources []*source
	deps    map[string]*api // imported packages of the module
	tested  string          // import path of the tested package, for an external test
	tests   bool            // another check of the package, with its tests, runs all analyzers
	export  bool            // other packages may import it
}

// check parses, type-checks and vets a unit.
func (r *run) check(t task, u *unit) {
	trees := make([]*ast.File, 0, len(t.sources))
	for _, s := range t.sources {
		tree, err := s.parse(r.files)
		if err != nil {
			u.faults = append(u.faults, syntaxFault(s.path, err))
			continue
		}
		if s.unformatted {
			u.faults = append(u.faults, Fault{Check: "gofmt", File: s.path, Message: "is not formatted"})
		}
		trees = append(trees, tree)
	}
	if len(trees) < len(t.sources) {
		return
	}
	var problems []Fault
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{},
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Implicits: map[ast.Node]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		FileVersions: map[*ast.File]string{},
	}
	config := types.Config{
		GoVersion: r.goVersion,
		Sizes:     sizes(),
		Importer:  importer(func(path string) (*types.Package, error) { return r.imported(t, path) }),
		Error: func(err error) {
			var problem types.Error
			if errors.As(err, &problem) && !strings.HasPrefix(problem.Msg,
				"\t") { // a tab marks a continuation of the previous error
				problems = append(problems, r.fault("types", problem.Pos, problem.Msg))
			}
		},
	}
	pkg, err := config.Check(t.path, r.files, trees, info)
	if len(problems) == 0 && err != nil {
		problems = append(problems, Fault{Check: "types", File: t.sources[0].path, Message: err.Error()})
	}
	if len(problems) == 0 && pkg.Name() == "main" && t.tested == "" && pkg.Scope().Lookup("main") == nil {
		problems = append(problems, Fault{Check: "types", File: t.sources[0].path, Message: "function main is undeclared in the main package"})
	}
	if len(problems) > 0 {
		u.faults = append(u.faults, problems[:min(len(problems), maxFaults)]...)
		return
	}
	below := closure(t.deps)
	learnt, found := r.vet(t, trees, pkg, info, below)
	u.faults = append(u.faults, found...)
	if t.export {
		u.api = r.canonical(pkg, learnt, below)
	}
}

// imported returns the package of an import.
func (r *run) imported(t task, path string) (*types.Package, error) {
	if base, ok := internalTo(path); ok && (base == "" || !strings.HasPrefix(t.path+"/", base+"/") && t.tested != base) {
		return nil, errors.New("use of internal package not allowed")
	}
	dep, own := t.deps[path]
	switch {
	case !own:
		return r.universe.Package(path)
	case dep == nil:
		return nil, errors.New("package has no files in this version")
	case dep.pkg.Name() == "main" && path != t.tested:
		return nil, errors.New("is a program, not an importable package")
	}
	return dep.pkg, nil
}

func (r *run) fault(check string, pos token.Pos, message string) Fault {
	at := r.files.Position(pos)
	return Fault{Check: check, File: at.Filename, Line: at.Line, Column: at.Column, Message: message}
}

func syntaxFault(file string, err error) Fault {
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return Fault{Check: "syntax", File: file, Line: list[0].Pos.Line, Column: list[0].Pos.Column, Message: list[0].Msg}
	}
	return Fault{Check: "syntax", File: file, Message: fmt.Sprint(err)}
}
