package lock

import (
	"fmt"
	"go/version"
	"strings"

	"golang.org/x/mod/module"
)

// Source supplies the facts to record.
type Source interface {
	// Prepare downloads these versions and the go.mod files of their requirements. The other methods work without it, but
	// more slowly.
	Prepare(roots []module.Version) error
	// GoMod returns the content of the go.mod of a version, and its hash.
	GoMod(v module.Version) (GoMod, error)
	// Sum returns the hash of all files of a version.
	Sum(v module.Version) (string, error)
	// HasPackage reports whether a version has Go files of any kind in the directory of a package.
	HasPackage(v module.Version, pkg string) (bool, error)
	// Imports returns the imports of a package and of its tests, without the standard library.
	Imports(v module.Version, pkg string) (imports, testImports []string, err error)
}

// GoMod holds the relevant content of a go.mod.
type GoMod struct {
	Go       string // empty without a go line
	Requires []module.Version
	Sum      string
}

// goMod reads the go.mod of a version from the source, unless it is known.
func (l *Lock) goMod(m *moduleFacts) error {
	if m.read {
		return nil
	}
	if l.source == nil {
		return notRecordedError("go.mod", m.Version)
	}
	facts, err := l.source.GoMod(m.Version)
	if err != nil {
		return err
	}
	if version.Compare("go"+facts.Go, "go"+l.goVersion) > 0 {
		return fmt.Errorf("%s requires Go %s, but projects use Go %s; pin an older version, "+
			"or raise the go line in internal/lock/pinned/go.mod", m.Version, facts.Go, l.goVersion)
	}
	for _, r := range facts.Requires {
		m.requires = append(m.requires, l.module(r))
	}
	m.setGoMod(facts.Go, facts.Sum)
	return nil
}

func (m *moduleFacts) setGoMod(goVersion, sum string) {
	m.read = true
	m.goVersion = goVersion
	m.pruned = goVersion != "" && version.Compare("go"+goVersion, "go1.17") >= 0
	m.modSum = sum
}

// sum returns the hash of all files of a version.
func (l *Lock) sum(m *moduleFacts) (string, error) {
	if m.zipSum == "" {
		if l.source == nil {
			return "", notRecordedError("the hash", m.Version)
		}
		var err error
		if m.zipSum, err = l.source.Sum(m.Version); err != nil {
			return "", err
		}
	}
	return m.zipSum, nil
}

// has reports whether a version has Go files in the directory of a package of another module.
func (l *Lock) has(m *moduleFacts, pkg string) (bool, error) {
	if has, ok := m.dirs[pkg]; ok {
		return has, nil
	}
	if l.source == nil {
		return false, notRecordedError("the directory of "+pkg, m.Version)
	}
	has, err := l.source.HasPackage(m.Version, pkg)
	if err != nil {
		return false, err
	}
	if m.dirs == nil {
		m.dirs = map[string]bool{}
	}
	m.dirs[pkg] = has
	return has, nil
}

// pkg returns the facts about a package. file is the file or package that imports it, for the error.
func (l *Lock) pkg(path, file string) (*packageFacts, error) {
	if p, ok := l.packages[path]; ok {
		return p, nil
	}
	if l.source == nil {
		return nil, &missingError{pkg: path, file: file}
	}
	m, err := l.provider(path, file)
	if err != nil {
		return nil, err
	}
	imports, _, err := l.source.Imports(m.Version, path)
	if err != nil {
		return nil, err
	}
	p := l.addPackage(path, m)
	for _, i := range imports {
		dep, err := l.pkg(i, path)
		if err != nil {
			return nil, err
		}
		p.imports = append(p.imports, dep)
	}
	return p, nil
}

// testsOf returns the imports of the tests of a package.
func (l *Lock) testsOf(p *packageFacts) ([]*packageFacts, error) {
	if p.hasTests {
		return p.tests, nil
	}
	if l.source == nil {
		return nil, notRecordedError("the test imports of "+p.path, p.module.Version)
	}
	_, imports, err := l.source.Imports(p.module.Version, p.path)
	if err != nil {
		return nil, err
	}
	for _, i := range imports {
		dep, err := l.pkg(i, p.path+" (test)")
		if err != nil {
			return nil, err
		}
		p.tests = append(p.tests, dep)
	}
	p.hasTests = true
	return p.tests, nil
}

// provider returns the module that provides a package: one of the pins or, during Closure, one of their requirements.
func (l *Lock) provider(path, file string) (*moduleFacts, error) {
	found, err := l.providers(path, func(prefix string) *moduleFacts { return l.pins[prefix] })
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && l.fullGraph != nil {
		found, err = l.providers(path, l.fullGraph.selectedOf)
		if err != nil {
			return nil, err
		}
	}
	switch len(found) {
	case 0:
		return nil, &missingError{pkg: path, file: file}
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("%s imports %s, but both %s and %s provide it; pin only one of them",
		file, path, found[0].Version, found[1].Version)
}

func (l *Lock) providers(path string, lookup func(modulePath string) *moduleFacts) ([]*moduleFacts, error) {
	var found []*moduleFacts
	for prefix := range prefixes(path) {
		m := lookup(prefix)
		if m == nil {
			continue
		}
		has, err := l.source.HasPackage(m.Version, path)
		if err != nil {
			return nil, err
		}
		if has {
			found = append(found, m)
		}
	}
	return found, nil
}

// prefixes yields every possible path of the module that provides a package, longest first.
func prefixes(path string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for {
			if !yield(path) {
				return
			}
			i := strings.LastIndexByte(path, '/')
			if i < 0 {
				return
			}
			path = path[:i]
		}
	}
}
