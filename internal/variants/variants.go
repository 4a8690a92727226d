// Package variants checks many versions of one program in a single process: every package of every version parsed,
// gofmt-clean, type-checked with its tests and vetted as go vet would. The versions are the projects that the generator
// can render; most of their packages are the same, and each distinct one is checked once.
//
// A Family takes the versions, each with the features that it was rendered for. Check needs a Universe, which holds the
// packages that are not part of the versions: the standard library and the pinned modules, read from source without
// function bodies, so nothing is compiled and no build cache is needed. The Report names each fault with the smallest
// version that has it, and tells how many features each package depends on, which is what the work grows with.
//
// What takes a linker or a run stays out: cgo, files for another operating system, conflicts of flags at start, and what
// go vet knows about printf wrappers of other modules. The tests of this repository build and boot a sample.
package variants

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// File is one file of a version.
type File struct {
	Path string // from the version's root, with slashes
	Data []byte
}

// Version is one program of a family.
type Version struct {
	Module   string   // the module path
	Features []string // what the version was rendered for, sorted
	Files    []File
	Err      error // why the version could not be made; it has no files then
}

// Family is a set of versions. Its zero value is empty and ready. Add may be called by several goroutines, and what is
// added does not depend on their order.
type Family struct {
	mu       sync.Mutex
	versions []*version
	sources  map[sourceKey]*source
	packages map[string]*pkg
}

// version is a Version taken apart into packages.
type version struct {
	module   string
	features []string
	packages map[string]*pkg // by import path
	order    []*pkg          // by import path
	files    []string        // every path, sorted
	err      error
}

// pkg is one directory of Go files in the versions that have exactly these.
type pkg struct {
	id    string // import path and files
	path  string // import path
	dir   string
	units [3][]*source
}

// The units of a package, as go vet has them.
const (
	plain    = iota // the files that are built
	inside          // the tests in the package, which are checked together with the plain files
	external        // the tests in the package of the same name with _test
)

// Add takes a version apart. Files that are equal in several versions are read once.
func (f *Family) Add(v Version) {
	byDir := map[string][]*source{}
	added := &version{module: v.Module, features: slices.Clone(v.Features), packages: map[string]*pkg{}, err: v.Err}
	for _, file := range v.Files {
		added.files = append(added.files, file.Path)
		dir, name := split(file.Path)
		if strings.HasSuffix(name, ".go") && !skipped(file.Path) {
			byDir[dir] = append(byDir[dir], f.source(file))
		}
	}
	slices.Sort(added.files)
	for dir, sources := range byDir {
		if p := f.pkg(v.Module, dir, sources); p != nil {
			added.packages[p.path] = p
			added.order = append(added.order, p)
		}
	}
	slices.SortFunc(added.order, func(a, b *pkg) int { return cmp.Compare(a.path, b.path) })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.versions = append(f.versions, added)
}

// pkg returns the package of these files, which other versions may have too; nil if this system builds none of them.
func (f *Family) pkg(module, dir string, sources []*source) *pkg {
	slices.SortFunc(sources, func(a, b *source) int { return cmp.Compare(a.path, b.path) })
	p := &pkg{path: module, dir: dir}
	if dir != "" {
		p.path += "/" + dir
	}
	id := strings.Builder{}
	id.WriteString(p.path)
	for _, s := range sources {
		if s.ignored {
			continue
		}
		fmt.Fprintf(&id, " %d", s.id)
		p.units[s.unit] = append(p.units[s.unit], s)
	}
	if len(p.units[plain])+len(p.units[inside])+len(p.units[external]) == 0 {
		return nil
	}
	p.id = id.String()
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.packages[p.id]; ok {
		p = known
	} else {
		if f.packages == nil {
			f.packages = map[string]*pkg{}
		}
		f.packages[p.id] = p
	}
	for _, unit := range p.units {
		for _, s := range unit {
			s.left.Add(1)
		}
	}
	return p
}

// Imports returns every package that the family imports from elsewhere, sorted: what its Universe must hold.
func (f *Family) Imports() []string {
	own := map[string]bool{}
	for _, v := range f.versions {
		own[v.module] = true
	}
	seen := map[string]bool{}
	for _, s := range f.sources {
		for _, i := range s.imports {
			if !s.ignored && !inAny(own, i) {
				seen[i] = true
			}
		}
	}
	return sortedKeys(seen)
}

// Ignored returns the files that this system does not build, which therefore nobody has checked.
func (f *Family) Ignored() []string {
	seen := map[string]bool{}
	for _, s := range f.sources {
		if s.ignored {
			seen[s.path] = true
		}
	}
	return sortedKeys(seen)
}

// inAny tells whether a package is in one of the modules.
func inAny(modules map[string]bool, pkg string) bool {
	for {
		if modules[pkg] {
			return true
		}
		i := strings.LastIndexByte(pkg, '/')
		if i < 0 {
			return false
		}
		pkg = pkg[:i]
	}
}

// skipped tells whether the go command overlooks the file.
func skipped(file string) bool {
	for part := range strings.SplitSeq(file, "/") {
		if part == "testdata" || strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}

func split(file string) (dir, name string) {
	i := strings.LastIndexByte(file, '/')
	if i < 0 {
		return "", file
	}
	return file[:i], file[i+1:]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
