package lock

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// Closure returns the pins of a lock: the roots, and every module with a package that a project can load. Each module
// has the version that all pins together select. imports is the union of the imports of all projects.
func Closure(goVersion string, roots []module.Version, imports *Imports, source Source) ([]module.Version, error) {
	for {
		if err := source.Prepare(roots); err != nil {
			return nil, err
		}
		l := Record(goVersion, roots, source)
		full := newGraph(l)
		for _, v := range roots {
			if err := full.require(l.module(v)); err != nil {
				return nil, err
			}
		}
		l.fullGraph = full
		c := newComputation(l, imports)
		if err := c.load(); err != nil {
			return nil, err
		}
		if err := c.loadTests(); err != nil {
			return nil, err
		}
		closed := map[string]string{}
		for _, v := range roots {
			closed[v.Path] = full.selectedOf(v.Path).Version.Version
		}
		for p := range c.loaded {
			closed[p.module.Path] = full.selectedOf(p.module.Path).Version.Version
		}
		next := make([]module.Version, 0, len(closed))
		for _, path := range slices.Sorted(maps.Keys(closed)) {
			next = append(next, module.Version{Path: path, Version: closed[path]})
		}
		if slices.Equal(next, roots) {
			return roots, nil
		}
		roots = next
	}
}

// Record returns a lock with only the pins. Compute reads every fact that it needs from the source and stores it in the
// lock.
func Record(goVersion string, pins []module.Version, source Source) *Lock {
	l := newLock(goVersion)
	l.source = source
	for _, v := range pins {
		l.pin(v)
	}
	return l
}

// Encode returns the text of a lock.
func (l *Lock) Encode() []byte {
	var b bytes.Buffer
	b.WriteString(lockHead)
	b.WriteString("\n" + wordGo + " " + l.goVersion + "\n")

	versions := slices.Collect(maps.Keys(l.modules))
	module.Sort(versions)
	packages := map[*moduleFacts][]*packageFacts{}
	for _, path := range slices.Sorted(maps.Keys(l.packages)) {
		p := l.packages[path]
		packages[p.module] = append(packages[p.module], p)
	}
	transitive := l.transitive()
	for _, v := range versions {
		m := l.modules[v]
		word := wordRead
		if l.pins[v.Path] == m {
			word = wordPin
		} else if !m.read && m.zipSum == "" && m.dirs == nil {
			continue // only a requirement
		}
		l.encodeModule(&b, word, m, transitive)
		for _, p := range packages[m] {
			encodePackage(&b, p)
		}
		for _, path := range slices.Sorted(maps.Keys(m.dirs)) {
			word := wordLacks
			if m.dirs[path] {
				word = wordHas
			}
			b.WriteString(word + " " + path + "\n")
		}
	}
	return b.Bytes()
}

func (l *Lock) encodeModule(b *bytes.Buffer, word string, m *moduleFacts, transitive map[*moduleFacts]bool) {
	fields := []string{word, m.Path, m.Version.Version, m.goVersion, m.modSum, m.zipSum}
	for i := range fields {
		if fields[i] == "" {
			fields[i] = unknown
		}
	}
	for _, r := range m.requires {
		if transitive[m] || l.matters(r.Path) {
			fields = append(fields, r.String())
		}
	}
	b.WriteString(strings.Join(fields, " ") + "\n")
}

// transitive returns the versions whose transitive requirements the go command can read.
func (l *Lock) transitive() map[*moduleFacts]bool {
	found := map[*moduleFacts]bool{}
	var visit func(m *moduleFacts)
	visit = func(m *moduleFacts) {
		if !found[m] {
			found[m] = true
			for _, r := range m.requires {
				visit(r)
			}
		}
	}
	for _, m := range l.modules {
		if m.read && !m.pruned {
			visit(m)
		}
	}
	return found
}

// matters reports whether Compute may need the selected version of a module: whether it is pinned, or its path is a
// prefix of a package.
func (l *Lock) matters(path string) bool {
	if _, pinned := l.pins[path]; pinned {
		return true
	}
	for p := range l.packages {
		if p == path || strings.HasPrefix(p, path+"/") {
			return true
		}
	}
	return false
}

func encodePackage(b *bytes.Buffer, p *packageFacts) {
	dir := strings.TrimPrefix(strings.TrimPrefix(p.path, p.module.Path), "/")
	if dir == "" {
		dir = "."
	}
	b.WriteString(wordPackage + " " + dir)
	encodeImports(b, p, p.imports)
	if p.hasTests {
		b.WriteString(" " + testsFollow)
		encodeImports(b, p, p.tests)
	}
	b.WriteString("\n")
}

// encodeImports writes the imports of a package. It writes packages of the same module as "." or "./DIRECTORY".
func encodeImports(b *bytes.Buffer, importer *packageFacts, imports []*packageFacts) {
	var paths []string
	for _, p := range imports {
		path := p.path
		if p.module == importer.module {
			path = "." + strings.TrimPrefix(path, p.module.Path)
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		b.WriteString(" " + path)
	}
}
