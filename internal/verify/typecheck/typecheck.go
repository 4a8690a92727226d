// Package typecheck checks many versions of one program in a single process. It parses, type-checks and vets every
// package with its tests, and checks that it is gofmt-formatted. The versions are the projects that the generator can
// render. Most of their packages are identical, and each distinct package is checked once.
//
// A Family holds the versions with their features. Check needs a Universe, which holds the packages of the standard
// library and of pinned modules. They are read from source without function bodies, so Check needs neither compiler nor
// build cache. The Report contains each fault with the smallest version that has it. It also contains the number of
// features that each package depends on, which determines the amount of work.
//
// Check does not cover cgo, files for other operating systems, runtime conflicts such as duplicate flags, and the
// printf wrappers of other modules that go vet detects. Other tests build and start a sample of the versions.
package typecheck

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
	Features []string // features of the version, sorted
	Files    []File
	Err      error // rendering error; the version then has no files
}

// Family is a set of versions. The zero value is an empty family. Add is safe for concurrent use, in any order.
type Family struct {
	mu       sync.Mutex
	versions []*version
	sources  map[sourceKey]*source
	packages map[string]*pkg
}

// version is a Version split into packages.
type version struct {
	module   string
	features []string
	packages []*pkg   // sorted by import path
	files    []string // all paths, sorted
	err      error
}

// pkg returns the package with an import path, or nil.
func (v *version) pkg(path string) *pkg {
	i, ok := slices.BinarySearchFunc(v.packages, path, func(p *pkg, path string) int { return cmp.Compare(p.path, path) })
	if !ok {
		return nil
	}
	return v.packages[i]
}

// pkg is a package with a set of files, shared by all versions with exactly these files.
type pkg struct {
	id    string // import path and files
	path  string // import path
	dir   string
	units [3][]*source

	checked map[string]*unit // by the imports; see walk.unit
}

// The units of a package, as in go vet.
const (
	plain    = iota // non-test files
	inside          // tests in the package, checked together with the plain files
	external        // tests in the package with the suffix _test
)

// Add adds a version. Identical files of several versions are read once.
func (f *Family) Add(v Version) {
	byDir := map[string][]*source{}
	added := &version{module: v.Module, features: slices.Clone(v.Features), err: v.Err}
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
			added.packages = append(added.packages, p)
		}
	}
	slices.SortFunc(added.packages, func(a, b *pkg) int { return cmp.Compare(a.path, b.path) })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.versions = append(f.versions, added)
}

// pkg returns the shared package of these files, or nil if build constraints exclude all of them.
func (f *Family) pkg(module, dir string, sources []*source) *pkg {
	slices.SortFunc(sources, func(a, b *source) int { return cmp.Compare(a.path, b.path) })
	p := &pkg{path: module, dir: dir, checked: map[string]*unit{}}
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

// Imports returns the sorted import paths of packages outside the modules of the family, which the Universe must hold.
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

// Ignored returns the files that build constraints exclude on this system. They are not checked.
func (f *Family) Ignored() []string {
	seen := map[string]bool{}
	for _, s := range f.sources {
		if s.ignored {
			seen[s.path] = true
		}
	}
	return sortedKeys(seen)
}

// inAny reports whether a package is in one of the modules.
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

// skipped reports whether the go command ignores the file.
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
