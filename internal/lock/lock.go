// Package lock computes the go.mod and go.sum of a project, byte for byte those that go mod tidy would write, in memory
// and without a network.
//
// The versions are pinned in the module in the folder pinned. What the go command would read from a module cache to
// decide is recorded from it in lock.txt: which module provides a package, what the package and its tests import, what a
// go.mod requires, and the hashes. Compute follows the rules of the go command over these facts (compute.go has them).
// The record is closed: every module that can provide a package is pinned, at the version that all pins together select.
// So a package always comes from the same version, whatever the combination.
//
// A fact that is not recorded is an error, never a guess.
package lock

import (
	_ "embed"
	"fmt"
	"sync"

	"golang.org/x/mod/module"
)

//go:generate go run ./record

//go:embed lock.txt
var recorded []byte

// Recorded returns the lock that this program was built with.
var Recorded = sync.OnceValue(func() *Lock {
	l, err := Decode(recorded)
	if err != nil {
		panic(err) // embedded, and decoded in every test
	}
	return l
})

// Lock is what is known about modules and packages. It does not change once it is decoded, so that several goroutines
// may compute at a time.
type Lock struct {
	goVersion string
	pins      map[string]*moduleFacts
	modules   map[module.Version]*moduleFacts
	packages  map[string]*packageFacts
	paths     map[string]int // of every module that is known or required, numbered
	source    Source         // where missing facts come from while recording; otherwise nil
	whole     *graph         // while closing: everything that the pins require
}

// moduleFacts is one version of a module. Versions that are only named, because a go.mod requires them, have no facts.
type moduleFacts struct {
	module.Version
	id, pathID int
	read       bool   // the facts of its go.mod are known
	goVersion  string // what its go.mod says, or empty
	pruned     bool   // its go.mod lists all that its packages need, so that nothing below it has to be read
	requires   []*moduleFacts
	modSum     string
	zipSum     string          // empty when not known
	dirs       map[string]bool // packages of other modules: whether this one has Go files in that place, too
}

// packageFacts is one package, in the version of its module that is pinned.
type packageFacts struct {
	id       int
	path     string
	module   *moduleFacts
	imports  []*packageFacts
	tests    []*packageFacts // what its tests import
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

// GoVersion returns the version in the go line of every project.
func (l *Lock) GoVersion() string { return l.goVersion }

// Names tells whether a project can require the module, or such a module requires it. It cannot be the project then.
func (l *Lock) Names(path string) bool {
	_, ok := l.paths[path]
	return ok
}

// module returns the facts of a version, which may be none yet.
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

// pin makes the version the one that provides the packages of its module.
func (l *Lock) pin(v module.Version) {
	l.pins[v.Path] = l.module(v)
}

// addPackage makes an empty entry for a package.
func (l *Lock) addPackage(path string, m *moduleFacts) *packageFacts {
	p := &packageFacts{id: len(l.packages), path: path, module: m}
	l.packages[path] = p
	return p
}

// missingError is for a package that no pinned module is known to provide.
type missingError struct {
	pkg  string
	file string // who imports it: a file of the project, or another package
}

func (e *missingError) Error() string {
	return fmt.Sprintf("%s imports %s, for which no version is recorded", e.file, e.pkg)
}

// incomplete is the error for a fact that recording should have found.
func incomplete(what string, v module.Version) error {
	return fmt.Errorf("lock: %s of %s is not recorded: run go generate ./internal/lock", what, v)
}
