package lock

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// Close returns the pins of a lock: the roots, and every module that provides a package which some project may load, each
// at the version that all of them together select. imports is what any project imports.
func Close(goVersion string, roots []module.Version, imports *Imports, source Source) ([]module.Version, error) {
	for {
		if err := source.Prepare(roots); err != nil {
			return nil, err
		}
		l := Record(goVersion, roots, source)
		whole := newGraph(l)
		for _, v := range roots {
			if err := whole.require(l.module(v)); err != nil {
				return nil, err
			}
		}
		l.whole = whole
		c := newComputation(l, imports)
		if err := c.load(); err != nil {
			return nil, err
		}
		if err := c.loadTests(); err != nil {
			return nil, err
		}
		closed := map[string]string{}
		for _, v := range roots {
			closed[v.Path] = whole.selectedOf(v.Path).Version.Version
		}
		for p := range c.loaded {
			closed[p.module.Path] = whole.selectedOf(p.module.Path).Version.Version
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

// Record returns a lock that knows nothing but the pins. Whatever a Compute needs, it gets from the source and keeps.
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
	deep := l.deep()
	for _, v := range versions {
		m := l.modules[v]
		word := wordRead
		if l.pins[v.Path] == m {
			word = wordPin
		} else if !m.read && m.zipSum == "" && m.dirs == nil {
			continue // only named
		}
		l.encodeModule(&b, word, m, deep)
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

func (l *Lock) encodeModule(b *bytes.Buffer, word string, m *moduleFacts, deep map[*moduleFacts]bool) {
	fields := []string{word, m.Path, m.Version.Version, m.goVersion, m.modSum, m.zipSum}
	for i := range fields {
		if fields[i] == "" {
			fields[i] = unknown
		}
	}
	for _, r := range m.requires {
		if deep[m] || l.matters(r.Path) {
			fields = append(fields, r.String())
		}
	}
	b.WriteString(strings.Join(fields, " ") + "\n")
}

// deep returns the versions of which everything below may be read.
func (l *Lock) deep() map[*moduleFacts]bool {
	deep := map[*moduleFacts]bool{}
	var visit func(m *moduleFacts)
	visit = func(m *moduleFacts) {
		if !deep[m] {
			deep[m] = true
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
	return deep
}

// matters tells whether a Compute may ask which version of a module is selected: whether it is pinned, or its path is the
// beginning of that of a package.
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

// encodeImports writes packages of the same module as "." and "./DIRECTORY".
func encodeImports(b *bytes.Buffer, of *packageFacts, imports []*packageFacts) {
	var paths []string
	for _, p := range imports {
		path := p.path
		if p.module == of.module {
			path = "." + strings.TrimPrefix(path, p.module.Path)
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		b.WriteString(" " + path)
	}
}
