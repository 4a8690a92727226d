package lock

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// Files are the module files of a project. Sum is empty when the project needs no module.
type Files struct{ Mod, Sum []byte }

// Compute returns the files that go mod tidy would write for a project with these imports, were every pinned version in
// its go.mod before.
//
// The go command's rules, which modload/load.go, buildlist.go and init.go of its source implement, are, for a project of
// Go 1.21 or newer:
//
//  1. What a file imports counts whatever its build constraints say, unless they say ignore: see Imports.
//  2. "All" is the project's packages and tests, and what those import, directly or not. Tests of others are not in it.
//  3. Loaded is also what the tests of every package in all import, directly or not.
//  4. The module of every package in all is a root, that is, it is required. What the project itself imports is required
//     directly, the rest is marked as indirect.
//  5. A module of which only tests of others need a package is a root, too, if the graph of the roots so far would select
//     a lower version. Packages are looked at by their distance, and the graph grows after each.
//  6. A module is a root, too, if another module of the graph has Go files in the place of a loaded package of it, so that
//     only the root tells which is meant.
//  7. The graph is the go.mod of every root, and of all that stands below a go.mod which is not pruned: one of Go 1.16 or
//     older. It selects the highest version that is named anywhere.
//  8. go.sum has the go.mod of every version that was read for the graph, and of the module of every loaded package. For
//     each loaded package it has all files of every module that could provide it by its path: of the roots, if its own
//     module is one, else of the selected versions.
func (l *Lock) Compute(p *Imports) (Files, error) {
	c := newComputation(l, p)
	for _, r := range rules {
		if err := r.apply(c); err != nil {
			return Files{}, fmt.Errorf("go.mod: %w", err)
		}
	}
	return c.files()
}

// rules change a computation in this order.
var rules = []struct {
	name  string
	apply func(c *computation) error
}{
	{"load", (*computation).load},
	{"load the tests of others", (*computation).loadTests},
	{"require", (*computation).require},
	{"require what tests of others need", (*computation).requireForTests},
	{"require what is ambiguous", (*computation).requireUnambiguous},
	{"check", (*computation).check},
}

// computation is the state of one Compute.
type computation struct {
	lock   *Lock
	of     *Imports
	seen   bits              // by package: loaded
	all    []*packageFacts   // what the project imports, directly or not
	others [][]*packageFacts // what is loaded beside that, by the distance from all
	direct bits              // by path of a module
	graph  *graph
}

func newComputation(l *Lock, of *Imports) *computation {
	return &computation{lock: l, of: of, graph: newGraph(l)}
}

// load finds the packages of rule 2.
func (c *computation) load() error {
	for _, packages := range []map[string]string{c.of.packages, c.of.tests} {
		for _, pkg := range slices.Sorted(maps.Keys(packages)) {
			p, err := c.lock.pkg(pkg, packages[pkg])
			if missing := new(missingError); errors.As(err, &missing) && strings.HasPrefix(pkg+"/", c.of.module+"/") {
				return fmt.Errorf("%s imports %s, which is no package of this project", packages[pkg], pkg)
			} else if err != nil {
				return err
			}
			c.direct.add(p.module.pathID)
			c.all = c.unseen([]*packageFacts{p}, c.all)
		}
	}
	for i := 0; i < len(c.all); i++ {
		c.all = c.unseen(c.all[i].imports, c.all)
	}
	return nil
}

// loadTests finds the packages of rule 3.
func (c *computation) loadTests() error {
	var next []*packageFacts
	for _, p := range c.all {
		tests, err := c.lock.testsOf(p)
		if err != nil {
			return err
		}
		next = c.unseen(tests, next)
	}
	for len(next) > 0 {
		c.others = append(c.others, next)
		var further []*packageFacts
		for _, p := range next {
			further = c.unseen(p.imports, further)
		}
		next = further
	}
	return nil
}

// unseen appends what was not loaded before.
func (c *computation) unseen(imports, to []*packageFacts) []*packageFacts {
	for _, p := range imports {
		if c.seen.add(p.id) {
			to = append(to, p)
		}
	}
	return to
}

// loaded yields every package that is loaded.
func (c *computation) loaded(yield func(*packageFacts) bool) {
	for _, packages := range append([][]*packageFacts{c.all}, c.others...) {
		for _, p := range packages {
			if !yield(p) {
				return
			}
		}
	}
}

// require makes the roots of rule 4.
func (c *computation) require() error {
	for _, p := range c.all {
		if err := c.graph.require(p.module); err != nil {
			return err
		}
	}
	return nil
}

// requireForTests makes the roots of rule 5.
func (c *computation) requireForTests() error {
	for _, packages := range c.others {
		var low []*moduleFacts
		for _, p := range packages {
			if s := c.graph.selectedOf(p.module.Path); s == nil || semver.Compare(s.Version.Version, p.module.Version.Version) < 0 {
				low = append(low, p.module)
			}
		}
		for _, m := range low {
			if err := c.graph.require(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// requireUnambiguous makes the roots of rule 6. Each may bring further modules into the graph.
func (c *computation) requireUnambiguous() error {
	for {
		var ambiguous []*moduleFacts
		for p := range c.loaded {
			if c.graph.isRoot(p.module) {
				continue
			}
			is, err := c.isAmbiguous(p)
			if err != nil {
				return err
			}
			if is {
				ambiguous = append(ambiguous, p.module)
			}
		}
		if len(ambiguous) == 0 {
			return nil
		}
		for _, m := range ambiguous {
			if err := c.graph.require(m); err != nil {
				return err
			}
		}
	}
}

// isAmbiguous tells whether a selected module beside the package's own has Go files in its place.
func (c *computation) isAmbiguous(p *packageFacts) (bool, error) {
	for prefix := range prefixes(p.path) {
		m := c.graph.selectedOf(prefix)
		if m == nil || m.pathID == p.module.pathID {
			continue
		}
		if has, err := c.lock.has(m, p.path); err != nil || has {
			return has, err
		}
	}
	return false, nil
}

// check holds the promise on which the rules rest: no combination selects another version than the pinned one.
func (c *computation) check() error {
	for p := range c.loaded {
		if s := c.graph.selectedOf(p.module.Path); s != p.module {
			return fmt.Errorf("lock: %s is pinned, but %s is selected: run go generate ./internal/lock", p.module.Version, s.Version)
		}
		if c.of.owns(p.path) {
			return fmt.Errorf("module %q: %s is a package of this project and of %s: choose another module path",
				c.of.module, p.path, p.module.Version)
		}
	}
	return nil
}
