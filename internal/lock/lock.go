// Package lock computes the go.mod and the go.sum that go mod tidy would write for a project, without the go command
// and without a network.
//
// The module in the folder pinned pins the versions. lock.txt records the facts that the go command would read from the
// module cache: which module provides a package, the imports of packages and their tests, the requirements in each
// go.mod, and the hashes. Compute applies the rules of the go command to these facts; its comment lists the rules.
//
// The pins are closed: every module that can provide a package is pinned, at the version that all pins together select.
// So every combination of features uses the same version of a package. A missing fact is an error.
package lock

import (
	_ "embed"
	"fmt"
	"sync"

	"golang.org/x/mod/module"
)

//go:generate go run ../verify/record

//go:embed lock.txt
var recorded []byte

// Recorded returns the embedded lock.
var Recorded = sync.OnceValue(func() *Lock {
	l, err := Decode(recorded)
	if err != nil {
		panic(err) // a bug: the tests decode the embedded lock
	}
	return l
})

// Lock holds the facts about modules and packages. A decoded lock is immutable, so several goroutines can use it.
type Lock struct {
	goVersion string
	pins      map[string]*moduleFacts
	modules   map[module.Version]*moduleFacts
	packages  map[string]*packageFacts
	paths     map[string]int // ID of the path of every known or required module
	source    Source         // source of missing facts during recording; nil for a decoded lock
	fullGraph *graph         // during Closure, the graph of all pins
}

// moduleFacts holds the facts about one version of a module. A version that only occurs as a requirement has no facts.
type moduleFacts struct {
	module.Version
	id, pathID int
	read       bool   // the facts of its go.mod are known
	goVersion  string // go line of its go.mod; empty without one
	pruned     bool   // its go.mod lists all transitive requirements, so the go command does not read their go.mod files
	requires   []*moduleFacts
	modSum     string
	zipSum     string          // empty if not known
	dirs       map[string]bool // by package of another module: whether this version has Go files in the same directory
}

// packageFacts holds the facts about a package in the pinned version of its module.
type packageFacts struct {
	id       int
	path     string
	module   *moduleFacts
	imports  []*packageFacts
	tests    []*packageFacts // imports of its tests
	hasTests bool            // tests is known
}

func newLock(goVersion string) *Lock {
	return &Lock{
		goVersion: goVersion,
		pins:      map[string]*moduleFacts{},
		modules:   map[module.Version]*moduleFacts{},
		packages:  map[string]*packageFacts{},
		paths:     map[string]int{},
	}
}

// GoVersion returns the go line of every project.
func (l *Lock) GoVersion() string { return l.goVersion }

// ContainsModule reports whether a project can require the module, directly or indirectly. A project cannot have the
// path of such a module.
func (l *Lock) ContainsModule(path string) bool {
	_, ok := l.paths[path]
	return ok
}

// module returns the entry of a version. It adds an empty one if necessary.
func (l *Lock) module(v module.Version) *moduleFacts {
	if m, ok := l.modules[v]; ok {
		return m
	}
	pathID, ok := l.paths[v.Path]
	if !ok {
		pathID = len(l.paths)
		l.paths[v.Path] = pathID
	}
	m := &moduleFacts{Version: v, id: len(l.modules), pathID: pathID}
	l.modules[v] = m
	return m
}

// pin pins a version: it provides the packages of its module.
func (l *Lock) pin(v module.Version) {
	l.pins[v.Path] = l.module(v)
}

// addPackage adds an empty entry for a package.
func (l *Lock) addPackage(path string, m *moduleFacts) *packageFacts {
	p := &packageFacts{id: len(l.packages), path: path, module: m}
	l.packages[path] = p
	return p
}

// missingError is the error for a package that no pinned module provides.
type missingError struct {
	pkg  string
	file string // the file of the project or the package that imports it
}

func (e *missingError) Error() string {
	return fmt.Sprintf("%s imports %s, but no module with this package is recorded; run go generate ./internal/lock",
		e.file, e.pkg)
}

// notRecordedError is the error for a fact that is missing in the lock.
func notRecordedError(what string, v module.Version) error {
	return fmt.Errorf("lock: %s of %s is not recorded; run go generate ./internal/lock", what, v)
}
