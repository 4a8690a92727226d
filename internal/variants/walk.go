package variants

import (
	"fmt"
	"slices"
	"strings"
)

// result is what one version came to.
type result struct {
	variants map[string]int // by directory: which of the distinct packages there it has
	faults   []Fault
}

// walk goes through the packages of one version, what is imported first.
type walk struct {
	*run
	version *version
	visited map[string]*visit // by import path
	faults  []Fault
}

// visit is what the walk knows about one package.
type visit struct {
	unit  *unit           // nil until it has been checked
	key   string          // of what was checked
	below map[string]bool // own packages that it imports, and what those import
}

// resolver finds the own package that an import means, and what that is known by. A package that is not there is nil
// without a name; known is false where something is wrong with it that is told already.
type resolver func(path string) (dep *api, known bool)

func (r *run) walk(v *version) result {
	w := &walk{run: r, version: v, visited: map[string]*visit{}}
	for _, p := range v.order {
		w.visit(p)
	}
	res := result{variants: map[string]int{}}
	for _, p := range v.order {
		res.variants[p.dir] = r.variant(w.visited[p.path].key + w.tests(p))
		w.faults = append(w.faults, v.embeds(p)...)
	}
	for _, p := range v.order {
		for _, unit := range p.units {
			for _, s := range unit {
				s.release()
			}
		}
	}
	if v.err != nil {
		w.faults = append(w.faults, Fault{Check: "render", Message: v.err.Error()})
	}
	res.faults = w.faults
	return res
}

// visit checks a package without its tests.
func (w *walk) visit(p *pkg) *visit {
	if at, ok := w.visited[p.path]; ok {
		return at
	}
	at := &visit{below: map[string]bool{}}
	w.visited[p.path] = at
	if len(p.units[plain]) == 0 {
		at.unit = &unit{}
		return at
	}
	t := task{path: p.path, sources: p.units[plain], vet: suite, export: true}
	if len(p.units[inside]) > 0 {
		t.vet = exporting // the rest is found when it is checked together with its tests
	}
	at.unit, at.key = w.unit(p, t, w.plain)
	for _, dep := range w.own(t.sources) {
		at.below[dep] = true
		if q, ok := w.version.packages[dep]; ok {
			for further := range w.visit(q).below {
				at.below[further] = true
			}
		}
	}
	return at
}

// plain resolves an import to the package without its tests.
func (w *walk) plain(path string) (*api, bool) {
	p, ok := w.version.packages[path]
	if !ok || len(p.units[plain]) == 0 {
		return nil, true
	}
	at := w.visit(p)
	if at.unit == nil {
		w.faults = append(w.faults, Fault{Check: "types", File: p.units[plain][0].path, Message: "import cycle"})
		return nil, false
	}
	return at.unit.api, at.unit.api != nil
}

// tests checks a package with its tests, and returns the keys of what was checked.
func (w *walk) tests(p *pkg) string {
	tested, keys := w.visited[p.path].unit, ""
	if len(p.units[inside]) > 0 {
		t := task{path: p.path, sources: slices.Concat(p.units[plain], p.units[inside]), vet: suite, export: len(p.units[external]) > 0}
		for _, dep := range w.own(p.units[inside]) {
			if at, ok := w.visited[dep]; ok && (dep == p.path || at.below[p.path]) {
				w.faults = append(w.faults, Fault{Check: "types", File: p.units[inside][0].path, Message: "import cycle not allowed in test"})
				return keys
			}
		}
		u, key := w.unit(p, t, w.plain)
		tested, keys = u, keys+key
	}
	if len(p.units[external]) > 0 && (len(p.units[plain]) == 0 || tested.api != nil) {
		t := task{path: p.path + "_test", sources: p.units[external], tested: p.path, vet: suite}
		_, key := w.unit(p, t, w.beside(p, tested.api))
		keys += key
	}
	return keys
}

// beside resolves imports for an external test: the tested package has its tests in it, and what imports that package is
// checked anew, or a type of it would be two.
func (w *walk) beside(p *pkg, tested *api) resolver {
	var resolve resolver
	resolve = func(path string) (*api, bool) {
		at := w.visited[path]
		switch {
		case path == p.path && len(p.units[plain])+len(p.units[inside]) > 0:
			return tested, tested != nil
		case at == nil || !at.below[p.path] || at.unit.api == nil || tested == w.visited[p.path].unit.api:
			return w.plain(path)
		}
		q := w.version.packages[path]
		u, _ := w.unit(q, task{path: q.path, sources: q.units[plain], vet: exporting, export: true}, resolve)
		return u.api, u.api != nil
	}
	return resolve
}

// unit checks some files of a package, unless that was done before for the same files and imports.
func (w *walk) unit(p *pkg, t task, resolve resolver) (*unit, string) {
	t.module, t.deps = w.version.module, map[string]*api{}
	var key strings.Builder
	fmt.Fprintf(&key, "%s %d %s %t:", t.path, len(t.sources), p.id, t.export)
	for _, path := range w.own(t.sources) {
		dep, known := resolve(path)
		if !known {
			return &unit{}, key.String()
		}
		t.deps[path] = dep
		key.WriteString(path)
		if dep != nil {
			key.WriteString("=" + dep.id)
		}
		key.WriteString(";")
	}
	u := w.once(key.String(), func(u *unit) { w.check(t, u) })
	for _, f := range u.faults {
		if !slices.Contains(w.faults, f) {
			w.faults = append(w.faults, f)
		}
	}
	return u, key.String()
}

// own returns the packages of the version's own module that files import, sorted.
func (w *walk) own(sources []*source) []string {
	var paths []string
	for _, s := range sources {
		for _, path := range s.imports {
			if path == w.version.module || strings.HasPrefix(path, w.version.module+"/") {
				paths = append(paths, path)
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
