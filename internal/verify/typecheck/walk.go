package typecheck

import (
	"fmt"
	"slices"
	"strings"
)

// result is the result of one version.
type result struct {
	variants map[string]int // number of the variant in each directory
	faults   []Fault
}

// walk visits the packages of one version, dependencies first.
type walk struct {
	*run
	version *version
	visited map[string]*visit // by import path
	faults  []Fault
}

// visit is the state of one package in a walk.
type visit struct {
	unit  *unit           // nil until it has been checked
	key   string          // key of the unit
	below map[string]bool // direct and indirect imports in the module
}

// resolver returns the api of an imported package in the module. dep is nil for a missing package. known is false if a
// fault of the package has already been reported.
type resolver func(path string) (dep *api, known bool)

func (r *run) walk(v *version) result {
	w := &walk{run: r, version: v, visited: map[string]*visit{}}
	for _, p := range v.packages {
		w.visit(p)
	}
	res := result{variants: map[string]int{}}
	for _, p := range v.packages {
		res.variants[p.dir] = r.variant(p.id + w.visited[p.path].key + w.tests(p))
		w.faults = append(w.faults, v.embeds(p)...)
	}
	for _, p := range v.packages {
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
	t := task{path: p.path, sources: p.units[plain], tests: len(p.units[inside]) > 0, export: true}
	at.unit, at.key = w.unit(p, t, w.plain)
	for _, dep := range w.own(t.sources) {
		at.below[dep] = true
		if q := w.version.pkg(dep); q != nil {
			for further := range w.visit(q).below {
				at.below[further] = true
			}
		}
	}
	return at
}

// plain resolves an import to the package without its tests.
func (w *walk) plain(path string) (*api, bool) {
	p := w.version.pkg(path)
	if p == nil || len(p.units[plain]) == 0 {
		return nil, true
	}
	at := w.visit(p)
	if at.unit == nil {
		w.faults = append(w.faults, Fault{Check: "types", File: p.units[plain][0].path, Message: "import cycle"})
		return nil, false
	}
	return at.unit.api, at.unit.api != nil
}

// tests checks a package with its tests, and returns the keys of the units.
func (w *walk) tests(p *pkg) string {
	tested, keys := w.visited[p.path].unit, ""
	if len(p.units[inside]) > 0 {
		t := task{path: p.path, sources: slices.Concat(p.units[plain], p.units[inside]), export: len(p.units[external]) > 0}
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
		t := task{path: p.path + "_test", sources: p.units[external], tested: p.path}
		_, key := w.unit(p, t, w.external(p, tested.api))
		keys += key
	}
	return keys
}

// external returns the resolver for an external test. It resolves the tested package to the variant with its internal
// tests. Packages that import it are checked again with that variant, so that its types are identical.
func (w *walk) external(p *pkg, tested *api) resolver {
	var resolve resolver
	resolve = func(path string) (*api, bool) {
		at := w.visited[path]
		switch {
		case path == p.path && len(p.units[plain])+len(p.units[inside]) > 0:
			return tested, tested != nil
		case at == nil || !at.below[p.path] || at.unit.api == nil || tested == w.visited[p.path].unit.api:
			return w.plain(path)
		}
		q := w.version.pkg(path)
		u, _ := w.unit(q, task{path: q.path, sources: q.units[plain], tests: true, export: true}, resolve)
		return u.api, u.api != nil
	}
	return resolve
}

// unit checks some files of a package, unless the same files with the same imports have been checked before.
func (w *walk) unit(p *pkg, t task, resolve resolver) (*unit, string) {
	t.module, t.deps = w.version.module, map[string]*api{}
	var key strings.Builder
	fmt.Fprintf(&key, "%s %d %t:", t.path, len(t.sources), t.export)
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
	u := w.once(p, key.String(), func(u *unit) { w.check(t, u) })
	for _, f := range u.faults {
		if !slices.Contains(w.faults, f) {
			w.faults = append(w.faults, f)
		}
	}
	return u, key.String()
}

// own returns the sorted imports of files that are in the module of the version.
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
