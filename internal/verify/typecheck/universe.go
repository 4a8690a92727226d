package typecheck

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
)

// Universe holds the packages of the standard library and of pinned modules. Families can share it.
type Universe struct {
	dir string

	mu       sync.Mutex
	packages map[string]*foreign
}

// foreign is a package of the standard library or of a pinned module.
type foreign struct {
	listed
	done chan struct{} // closed when pkg and err are set
	pkg  *types.Package
	err  error
}

// listed is the output of go list for a package.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	ImportMap  map[string]string
	Error      *struct{ Err string }
}

// NewUniverse returns a universe with the Go version and the module versions of the module in dir.
func NewUniverse(dir string) *Universe {
	return &Universe{dir: dir, packages: map[string]*foreign{"unsafe": ready(types.Unsafe)}}
}

func ready(pkg *types.Package) *foreign {
	f := &foreign{done: make(chan struct{}), pkg: pkg}
	close(f.done)
	return f
}

// goVersion returns the language version of the module, such as go1.26.0.
func (u *Universe) goVersion() (string, error) {
	file := filepath.Join(u.dir, "go.mod")
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("typecheck: %w", err)
	}
	mod, err := modfile.ParseLax(file, data, nil)
	if err != nil {
		return "", fmt.Errorf("typecheck: %w", err)
	}
	if mod.Go == nil {
		return "", fmt.Errorf("typecheck: %s has no go directive", file)
	}
	return "go" + mod.Go.Version, nil
}

// Load reads packages and their dependencies, unless they are already loaded. A package that the go command does not
// find is not an error of Load, but a fault of its importers.
func (u *Universe) Load(ctx context.Context, paths []string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	var missing []string
	for _, p := range paths {
		if _, ok := u.packages[p]; !ok {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	order, err := u.list(ctx, missing)
	if err != nil {
		return err
	}
	for _, f := range order {
		u.packages[f.ImportPath] = f
	}
	// Dependencies come first, so a worker waits only for packages that another worker is reading.
	next := make(chan *foreign)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for f := range next {
				f.pkg, f.err = u.check(f)
				close(f.done)
			}
		})
	}
	for _, f := range order {
		next <- f
	}
	close(next)
	workers.Wait()
	return nil
}

// list returns packages and their dependencies from go list, dependencies first.
func (u *Universe) list(ctx context.Context, paths []string) ([]*foreign, error) {
	args := []string{"list", "-e", "-deps", "-json=ImportPath,Dir,GoFiles,ImportMap,Error", "--"}
	cmd := exec.CommandContext(ctx, "go", append(args, paths...)...) //nolint:gosec // import paths of rendered files, behind --
	cmd.Dir = u.dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("typecheck: go list in %s: %w\n%s", u.dir, err, stderr.String())
	}
	var order []*foreign
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		f := &foreign{done: make(chan struct{})}
		if err := dec.Decode(&f.listed); errors.Is(err, io.EOF) {
			return order, nil
		} else if err != nil {
			return nil, fmt.Errorf("typecheck: go list: %w", err)
		}
		if _, ok := u.packages[f.ImportPath]; !ok {
			order = append(order, f)
		}
	}
}

// check type-checks the declarations of a package. It ignores function bodies, which importers do not see.
func (u *Universe) check(f *foreign) (*types.Package, error) {
	if f.Error != nil {
		return nil, errors.New(f.Error.Err)
	}
	files := token.NewFileSet()
	var trees []*ast.File
	for _, name := range f.GoFiles {
		tree, err := parser.ParseFile(files, filepath.Join(f.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				fn.Body = &ast.BlockStmt{} // a missing body would mean assembly, which generic functions cannot have
			}
		}
		trees = append(trees, tree)
	}
	config := types.Config{
		IgnoreFuncBodies: true,
		FakeImportC:      true,
		Sizes:            sizes(),
		Importer: importer(func(path string) (*types.Package, error) {
			if mapped, ok := f.ImportMap[path]; ok {
				path = mapped
			}
			return u.foreign(path)
		}),
	}
	return config.Check(f.ImportPath, files, trees, nil)
}

// foreign returns a listed package, and waits until it is loaded.
func (u *Universe) foreign(path string) (*types.Package, error) {
	f, ok := u.packages[path]
	if !ok {
		return nil, fmt.Errorf("package %s is not loaded", path)
	}
	<-f.done
	return f.pkg, f.err
}

// Package returns a loaded package.
func (u *Universe) Package(path string) (*types.Package, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.foreign(path)
}

type importer func(string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }

func sizes() types.Sizes { return types.SizesFor("gc", runtime.GOARCH) }

// internalTo reports whether a package is internal, and returns the path that may import it. The path is empty for the
// standard library.
func internalTo(path string) (string, bool) {
	switch {
	case path == "internal" || strings.HasPrefix(path, "internal/"):
		return "", true
	case strings.HasSuffix(path, "/internal"):
		return strings.TrimSuffix(path, "/internal"), true
	}
	if i := strings.LastIndex(path, "/internal/"); i >= 0 {
		return path[:i], true
	}
	return "", false
}
