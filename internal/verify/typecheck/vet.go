package typecheck

import (
	"fmt"
	"go/ast"
	"go/types"
	goversion "go/version"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/appends"
	"golang.org/x/tools/go/analysis/passes/asmdecl"
	"golang.org/x/tools/go/analysis/passes/assign"
	"golang.org/x/tools/go/analysis/passes/atomic"
	"golang.org/x/tools/go/analysis/passes/bools"
	"golang.org/x/tools/go/analysis/passes/buildtag"
	"golang.org/x/tools/go/analysis/passes/cgocall"
	"golang.org/x/tools/go/analysis/passes/composite"
	"golang.org/x/tools/go/analysis/passes/copylock"
	"golang.org/x/tools/go/analysis/passes/ctrlflow"
	"golang.org/x/tools/go/analysis/passes/defers"
	"golang.org/x/tools/go/analysis/passes/directive"
	"golang.org/x/tools/go/analysis/passes/errorsas"
	"golang.org/x/tools/go/analysis/passes/framepointer"
	"golang.org/x/tools/go/analysis/passes/hostport"
	"golang.org/x/tools/go/analysis/passes/httpresponse"
	"golang.org/x/tools/go/analysis/passes/ifaceassert"
	"golang.org/x/tools/go/analysis/passes/loopclosure"
	"golang.org/x/tools/go/analysis/passes/lostcancel"
	"golang.org/x/tools/go/analysis/passes/nilfunc"
	"golang.org/x/tools/go/analysis/passes/printf"
	"golang.org/x/tools/go/analysis/passes/shift"
	"golang.org/x/tools/go/analysis/passes/sigchanyzer"
	"golang.org/x/tools/go/analysis/passes/slog"
	"golang.org/x/tools/go/analysis/passes/stdmethods"
	"golang.org/x/tools/go/analysis/passes/stdversion"
	"golang.org/x/tools/go/analysis/passes/stringintconv"
	"golang.org/x/tools/go/analysis/passes/structtag"
	"golang.org/x/tools/go/analysis/passes/testinggoroutine"
	"golang.org/x/tools/go/analysis/passes/tests"
	"golang.org/x/tools/go/analysis/passes/timeformat"
	"golang.org/x/tools/go/analysis/passes/unmarshal"
	"golang.org/x/tools/go/analysis/passes/unreachable"
	"golang.org/x/tools/go/analysis/passes/unsafeptr"
	"golang.org/x/tools/go/analysis/passes/unusedresult"
	"golang.org/x/tools/go/analysis/passes/waitgroup"
)

// vetting lists the analyzers of go vet.
var vetting = []*analysis.Analyzer{
	appends.Analyzer, asmdecl.Analyzer, assign.Analyzer, atomic.Analyzer, bools.Analyzer, buildtag.Analyzer,
	cgocall.Analyzer, composite.Analyzer, copylock.Analyzer, defers.Analyzer, directive.Analyzer, errorsas.Analyzer,
	framepointer.Analyzer, hostport.Analyzer, httpresponse.Analyzer, ifaceassert.Analyzer, loopclosure.Analyzer,
	lostcancel.Analyzer, nilfunc.Analyzer, printf.Analyzer, shift.Analyzer, sigchanyzer.Analyzer, slog.Analyzer,
	stdmethods.Analyzer, stdversion.Analyzer, stringintconv.Analyzer, structtag.Analyzer, testinggoroutine.Analyzer,
	tests.Analyzer, timeformat.Analyzer, unmarshal.Analyzer, unreachable.Analyzer, unsafeptr.Analyzer,
	unusedresult.Analyzer, waitgroup.Analyzer,
}

var (
	suite     = ordered(vetting)
	exporting = ordered(withFacts(suite)) // analyzers with facts, and their requirements

	sameVersion = slices.DeleteFunc(slices.Clone(suite), func(a *analysis.Analyzer) bool { return a == stdversion.Analyzer })
)

// ordered returns the analyzers with their requirements, requirements first.
func ordered(analyzers []*analysis.Analyzer) []*analysis.Analyzer {
	var order []*analysis.Analyzer
	var add func([]*analysis.Analyzer)
	add = func(list []*analysis.Analyzer) {
		for _, a := range list {
			if !slices.Contains(order, a) {
				add(a.Requires)
				order = append(order, a)
			}
		}
	}
	add(analyzers)
	return order
}

func withFacts(analyzers []*analysis.Analyzer) []*analysis.Analyzer {
	return slices.DeleteFunc(slices.Clone(analyzers), func(a *analysis.Analyzer) bool { return len(a.FactTypes) == 0 })
}

// facts holds the analyzer facts of one package, for its importers.
type facts struct {
	objects  map[factKey]analysis.Fact
	packages map[reflect.Type]analysis.Fact
}

type factKey struct {
	object types.Object
	kind   reflect.Type
}

// of returns the facts about an object as text.
func (f *facts) of(o types.Object) string {
	var texts []string
	for key, fact := range f.objects {
		if key.object == o {
			texts = append(texts, fmt.Sprintf("%#v", fact))
		}
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

func (f *facts) ofPackage() string {
	var texts []string
	for _, fact := range f.packages {
		texts = append(texts, fmt.Sprintf("%#v", fact))
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

// analyzers returns the analyzers for a unit. Importers need only those with facts, and nothing imports a program.
// stdversion takes a fifth of the time, and finds nothing if the toolchain is not newer than the Go version.
func (r *run) analyzers(t task, pkg *types.Package) []*analysis.Analyzer {
	switch {
	case t.tests && pkg.Name() == "main":
		return nil
	case t.tests:
		return exporting
	case goversion.Lang(runtime.Version()) == goversion.Lang(r.goVersion):
		return sameVersion
	}
	return suite
}

// vet runs the analyzers on a unit without type errors. below has the imports of the unit in the module.
func (r *run) vet(t task, trees []*ast.File, pkg *types.Package, info *types.Info, below map[string]*api) (*facts, []Fault) {
	learnt := &facts{objects: map[factKey]analysis.Fact{}, packages: map[reflect.Type]analysis.Fact{}}
	factsOf := func(p *types.Package) *facts {
		if p == pkg {
			return learnt
		}
		if p != nil && below[p.Path()] != nil {
			return below[p.Path()].facts
		}
		return &facts{} // a predeclared object, or another module
	}
	results := map[*analysis.Analyzer]any{}
	var found []Fault
	for _, a := range r.analyzers(t, pkg) {
		pass := &analysis.Pass{
			Analyzer: a, Fset: r.files, Files: trees, Pkg: pkg, TypesInfo: info, TypesSizes: sizes(),
			Module:   &analysis.Module{Path: t.module, GoVersion: r.goVersion},
			ResultOf: results,
			ReadFile: os.ReadFile, // only for non-Go files, and there are none
			Report: func(d analysis.Diagnostic) {
				found = append(found, r.fault(a.Name, d.Pos, d.Message))
			},
			ImportObjectFact: func(o types.Object, into analysis.Fact) bool {
				kind := reflect.TypeOf(into)
				if kind == stops && stopping[fullName(o)] {
					return true
				}
				return load(factsOf(o.Pkg()).objects[factKey{o, kind}], into)
			},
			ExportObjectFact: func(o types.Object, fact analysis.Fact) {
				learnt.objects[factKey{o, reflect.TypeOf(fact)}] = fact
			},
			ImportPackageFact: func(p *types.Package, into analysis.Fact) bool {
				return load(factsOf(p).packages[reflect.TypeOf(into)], into)
			},
			ExportPackageFact: func(fact analysis.Fact) { learnt.packages[reflect.TypeOf(fact)] = fact },
			AllPackageFacts:   func() []analysis.PackageFact { return nil }, // not used by these analyzers
			AllObjectFacts:    func() []analysis.ObjectFact { return nil },
		}
		result, err := a.Run(pass)
		if err != nil {
			found = append(found, Fault{Check: a.Name, File: t.sources[0].path, Message: err.Error()})
		}
		results[a] = result
	}
	return learnt, found
}

// load copies a fact, and reports whether it exists.
func load(fact, into analysis.Fact) bool {
	if fact == nil {
		return false
	}
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(fact).Elem())
	return true
}

// stops is the type of the fact that a function never returns. stopping lists functions of the standard library with
// this fact. go vet derives it from function bodies, which are not read here.
var (
	stops    = reflect.TypeOf(ctrlflow.Analyzer.FactTypes[0])
	stopping = map[string]bool{
		"os.Exit": true, "runtime.Goexit": true, "syscall.Exit": true,
		"log.Fatal": true, "log.Fatalf": true, "log.Fatalln": true, "log.Panic": true, "log.Panicf": true, "log.Panicln": true,
		"(*log.Logger).Fatal": true, "(*log.Logger).Fatalf": true, "(*log.Logger).Fatalln": true,
		"(*log.Logger).Panic": true, "(*log.Logger).Panicf": true, "(*log.Logger).Panicln": true,
		"(*testing.common).Fatal": true, "(*testing.common).Fatalf": true, "(*testing.common).FailNow": true,
		"(*testing.common).Skip": true, "(*testing.common).Skipf": true, "(*testing.common).SkipNow": true,
	}
)

func fullName(o types.Object) string {
	if fn, ok := o.(*types.Func); ok {
		return fn.FullName()
	}
	return ""
}
