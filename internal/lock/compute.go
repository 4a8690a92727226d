package lock

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// Files holds the go.mod and the go.sum of a project. Sum is empty if the project needs no module.
type Files struct{ Mod, Sum []byte }

// Compute returns the files that go mod tidy writes for a project with these imports, if its go.mod already requires
// every pinned version.
//
// It follows the rules of the go command for a project with Go 1.21 or newer. The source of the go command implements
// them in modload/load.go, buildlist.go and init.go:
//
//  1. The imports of a file count whatever its build constraints, except the constraint ignore. See Scan.
//  2. The pattern "all" contains the packages and tests of the project and their transitive imports. It does not
//     contain the tests of dependencies.
//  3. The go command also loads the tests of every package in all, and their transitive imports.
//  4. The module of every package in all is a root: go.mod requires it. The requirement is direct if the project itself
//     imports the module, otherwise it is marked as indirect.
//  5. A module that only tests of dependencies need is a root if the graph of the current roots selects a lower
//     version. Packages are processed by distance from all, and the graph grows after each distance.
//  6. A module is a root if it provides a loaded package, and another module in the graph has Go files in the same
//     directory. Only the root makes the import unambiguous.
//  7. The graph contains the go.mod of every root, and the transitive requirements of every go.mod that is not pruned
//     (Go 1.16 or older). It selects the highest version of each module.
//  8. go.sum contains the hash of every go.mod that was read for the graph, and of the module of every loaded package.
//     It also contains the hash of every module whose path is a prefix of a loaded package: of the roots, if the module
//     of the package is a root, otherwise of the selected versions.
func (l *Lock) Compute(p *Imports) (Files, error) {
	c := newComputation(l, p)
	for _, r := range rules {
		if err := r.apply(c); err != nil {
			return Files{}, fmt.Errorf("go.mod: %w", err)
		}
	}
	return c.files()
}

// rules are the steps of a computation, in order.
var rules = []struct {
	name  string
	apply func(c *computation) error
}{
	{"load", (*computation).load},
	{"load tests of dependencies", (*computation).loadTests},
	{"require", (*computation).require},
	{"require modules for tests of dependencies", (*computation).requireForTests},
	{"require modules of ambiguous packages", (*computation).requireAmbiguous},
	{"check", (*computation).check},
}

// computation is the state of one call of Compute.
type computation struct {
	lock    *Lock
	imports *Imports
	seen    bits              // by package ID: loaded
	all     []*packageFacts   // the packages in all, except those of the project
	tests   [][]*packageFacts // the packages that only tests of dependencies need, by distance from all
	direct  bits              // by ID of a module path: imported by the project
	graph   *graph
}

func newComputation(l *Lock, imports *Imports) *computation {
	return &computation{lock: l, imports: imports, graph: newGraph(l)}
}

// load loads the packages of rule 2.
func (c *computation) load() error {
	for _, packages := range []map[string]string{c.imports.packages, c.imports.tests} {
		for _, pkg := range slices.Sorted(maps.Keys(packages)) {
			p, err := c.lock.pkg(pkg, packages[pkg])
			if missing := new(missingError); errors.As(err, &missing) && strings.HasPrefix(pkg+"/", c.imports.module+"/") {
				return fmt.Errorf("%s imports %s, but the project has no such package", packages[pkg], pkg)
			} else if err != nil {
				return err
			}
			c.direct.add(p.module.pathID)
			c.all = c.appendNew(c.all, []*packageFacts{p})
		}
	}
	for i := 0; i < len(c.all); i++ {
		c.all = c.appendNew(c.all, c.all[i].imports)
	}
	return nil
}

// loadTests loads the packages of rule 3.
func (c *computation) loadTests() error {
	var next []*packageFacts
	for _, p := range c.all {
		tests, err := c.lock.testsOf(p)
		if err != nil {
			return err
		}
		next = c.appendNew(next, tests)
	}
	for len(next) > 0 {
		c.tests = append(c.tests, next)
		var imports []*packageFacts
		for _, p := range next {
			imports = c.appendNew(imports, p.imports)
		}
		next = imports
	}
	return nil
}

// appendNew appends the packages that are not loaded yet, and marks them as loaded.
func (c *computation) appendNew(list, packages []*packageFacts) []*packageFacts {
	for _, p := range packages {
		if c.seen.add(p.id) {
			list = append(list, p)
		}
	}
	return list
}

// loaded yields every loaded package.
func (c *computation) loaded(yield func(*packageFacts) bool) {
	for _, packages := range append([][]*packageFacts{c.all}, c.tests...) {
		for _, p := range packages {
			if !yield(p) {
				return
			}
		}
	}
}

// require adds the roots of rule 4.
func (c *computation) require() error {
	for _, p := range c.all {
		if err := c.graph.require(p.module); err != nil {
			return err
		}
	}
	return nil
}

// requireForTests adds the roots of rule 5.
func (c *computation) requireForTests() error {
	for _, packages := range c.tests {
		var tooLow []*moduleFacts
		for _, p := range packages {
			s := c.graph.selectedOf(p.module.Path)
			if s == nil || semver.Compare(s.Version.Version, p.module.Version.Version) < 0 {
				tooLow = append(tooLow, p.module)
			}
		}
		for _, m := range tooLow {
			if err := c.graph.require(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// requireAmbiguous adds the roots of rule 6. It repeats until no package is ambiguous, because each root can add
// modules to the graph.
func (c *computation) requireAmbiguous() error {
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

// isAmbiguous reports whether another selected module has Go files in the directory of the package.
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

// check checks the assumptions of the lock: no combination selects a version other than the pinned one, and the project
// does not contain a package of a dependency.
func (c *computation) check() error {
	for p := range c.loaded {
		if s := c.graph.selectedOf(p.module.Path); s != p.module {
			return fmt.Errorf("lock: %s is pinned, but %s is selected; run go generate ./internal/lock",
				p.module.Version, s.Version)
		}
		if c.imports.owns(p.path) {
			return fmt.Errorf("module %q: the project and %s both contain the package %s; choose another module path",
				c.imports.module, p.module.Version, p.path)
		}
	}
	return nil
}
