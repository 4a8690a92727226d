package lock

import "golang.org/x/mod/semver"

// graph is the module graph of a project (rule 7). New roots extend it. The result is the same as that of a new graph
// with all roots, because a root never removes a go.mod from the graph.
type graph struct {
	lock     *Lock
	roots    []*moduleFacts
	root     bits           // by path ID: a version of the module is a root
	selected []*moduleFacts // by path ID: the highest version in the graph
	read     []*moduleFacts // the versions whose go.mod was read
	visited  bits           // two per version: visited with its requirements, visited with its transitive requirements
}

func newGraph(l *Lock) *graph { return &graph{lock: l} }

// require adds a root.
func (g *graph) require(m *moduleFacts) error {
	if !g.root.add(m.pathID) {
		return nil
	}
	g.roots = append(g.roots, m)
	g.selectHighest(m)
	return g.visit(m, false)
}

// visit reads the go.mod of a version. It also visits the requirements if the go.mod is not pruned, or if transitive is
// set because the go.mod of a parent is not pruned.
func (g *graph) visit(m *moduleFacts, transitive bool) error {
	shallow, deep := m.id*2, m.id*2+1
	mark := shallow
	if transitive {
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
			g.selectHighest(r)
		}
	}
	if m.pruned && !transitive {
		return nil
	}
	for _, r := range m.requires {
		if err := g.visit(r, true); err != nil {
			return err
		}
	}
	return nil
}

// selectHighest selects this version if it is the highest one so far.
func (g *graph) selectHighest(m *moduleFacts) {
	for m.pathID >= len(g.selected) {
		g.selected = append(g.selected, make([]*moduleFacts, 1+m.pathID-len(g.selected))...)
	}
	if s := g.selected[m.pathID]; s == nil || s != m && semver.Compare(s.Version.Version, m.Version.Version) < 0 {
		g.selected[m.pathID] = m
	}
}

// selectedOf returns the selected version of a module, or nil.
func (g *graph) selectedOf(path string) *moduleFacts {
	id, ok := g.lock.paths[path]
	if !ok || id >= len(g.selected) {
		return nil
	}
	return g.selected[id]
}

// isRoot reports whether this version is a root.
func (g *graph) isRoot(m *moduleFacts) bool {
	return g.root.has(m.pathID) && g.selected[m.pathID] == m
}

// bits is a set of small integers.
type bits []bool

// add adds n, and reports whether n is new.
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
