package lock

import "golang.org/x/mod/semver"

// graph is the module graph of a project, as far as the go command reads it: rule 7. It grows as roots are added, which
// gives the same as building it anew, for a go.mod once read stays read.
type graph struct {
	lock     *Lock
	roots    []*moduleFacts
	root     bits           // by path: one of its versions is a root
	selected []*moduleFacts // by path: the highest version that anything names
	read     []*moduleFacts // whose go.mod was read
	visited  bits           // by version, twice: with what it requires, with everything below
}

func newGraph(l *Lock) *graph { return &graph{lock: l} }

// require adds a root.
func (g *graph) require(m *moduleFacts) error {
	if !g.root.add(m.pathID) {
		return nil
	}
	g.roots = append(g.roots, m)
	g.name(m)
	return g.visit(m, false)
}

// visit reads the go.mod of a version. If that is not pruned, or the version stands below one that is not, everything
// below is read too.
func (g *graph) visit(m *moduleFacts, below bool) error {
	shallow, deep := m.id*2, m.id*2+1
	mark := shallow
	if below {
		mark = deep
	}
	first := !g.visited.has(shallow) && !g.visited.has(deep)
	if !g.visited.add(mark) {
		return nil
	}
	if err := g.lock.goMod(m); err != nil {
		return err
	}
	if first {
		g.read = append(g.read, m)
		for _, r := range m.requires {
			g.name(r)
		}
	}
	if m.pruned && !below {
		return nil
	}
	for _, r := range m.requires {
		if err := g.visit(r, true); err != nil {
			return err
		}
	}
	return nil
}

// name notes that something requires this version.
func (g *graph) name(m *moduleFacts) {
	for m.pathID >= len(g.selected) {
		g.selected = append(g.selected, make([]*moduleFacts, 1+m.pathID-len(g.selected))...)
	}
	if s := g.selected[m.pathID]; s == nil || s != m && semver.Compare(s.Version.Version, m.Version.Version) < 0 {
		g.selected[m.pathID] = m
	}
}

// selectedOf returns the version of a module that the graph selects, or nil.
func (g *graph) selectedOf(path string) *moduleFacts {
	id, ok := g.lock.paths[path]
	if !ok || id >= len(g.selected) {
		return nil
	}
	return g.selected[id]
}

// isRoot tells whether this version is a root.
func (g *graph) isRoot(m *moduleFacts) bool {
	return g.root.has(m.pathID) && g.selected[m.pathID] == m
}

// bits is a set of small numbers.
type bits []bool

// add tells whether n is new.
func (b *bits) add(n int) bool {
	if n >= len(*b) {
		*b = append(*b, make([]bool, max(1+n-len(*b), len(*b)))...)
	}
	if (*b)[n] {
		return false
	}
	(*b)[n] = true
	return true
}

func (b bits) has(n int) bool { return n < len(b) && b[n] }
