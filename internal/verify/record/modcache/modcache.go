// Package modcache supplies the facts of a lock from the go command and its module cache.
package modcache

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/acton-go/acton-new/internal/lock"
)

// Source implements lock.Source. Every hash comes from the go command. The go command starts without a go.sum, so it
// verifies each hash with the checksum database.
type Source struct {
	ctx       context.Context // context of the whole recording
	command   Go
	cache     string // GOMODCACHE
	dir       string // temporary module in which the go command runs
	goVersion string
	sums      map[module.Version]string // hashes, with the keys of go.sum
	folders   map[module.Version]string // folder with the files of each version
}

// New returns a source for projects with this Go version. The caller must close it.
func New(ctx context.Context, command Go, goVersion string) (*Source, error) {
	cache, err := command.Run(ctx, ".", "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "acton-new-lock-")
	if err != nil {
		return nil, err
	}
	return &Source{
		ctx: ctx, command: command, cache: strings.TrimSpace(string(cache)), dir: dir, goVersion: goVersion,
		sums: map[module.Version]string{}, folders: map[module.Version]string{},
	}, nil
}

// Close removes the temporary module.
func (s *Source) Close() error { return os.RemoveAll(s.dir) }

// Prepare downloads the files of the roots and every go.mod in their module graph.
func (s *Source) Prepare(roots []module.Version) error {
	if err := s.graph(roots); err != nil {
		return err
	}
	return s.download(roots)
}

// graph loads the module graph of the roots with the go command, and stores the hash of every go.mod in it.
func (s *Source) graph(roots []module.Version) error {
	var file modfile.File
	if err := errors.Join(file.AddModuleStmt("lock"), file.AddGoStmt(s.goVersion)); err != nil {
		return err
	}
	for _, v := range roots {
		file.AddNewRequire(v.Path, v.Version, false)
	}
	text, err := file.Format()
	if err != nil {
		return err
	}
	sum := filepath.Join(s.dir, "go.sum")
	if err := errors.Join(os.WriteFile(filepath.Join(s.dir, "go.mod"), text, 0o644), os.RemoveAll(sum)); err != nil {
		return err
	}
	if _, err := s.command.Run(s.ctx, s.dir, "list", "-mod=mod", "-m", "all"); err != nil {
		return err
	}
	data, err := os.ReadFile(sum)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 3 {
			s.sums[module.Version{Path: f[0], Version: f[1]}] = f[2]
		}
	}
	return nil
}

// download downloads versions to the module cache, and stores their folders and hashes.
func (s *Source) download(versions []module.Version) error {
	args := []string{"mod", "download", "-json"}
	for _, v := range versions {
		if s.folders[v] == "" {
			args = append(args, v.String())
		}
	}
	if len(args) == 3 {
		return nil
	}
	if err := os.WriteFile(filepath.Join(s.dir, "go.mod"), []byte("module lock\n"), 0o644); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "go.sum")); err != nil {
		return err
	}
	out, runErr := s.command.Run(s.ctx, s.dir, args...)
	var problems []error
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Path, Version, Dir, Sum, GoModSum, Error string }
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return errors.Join(runErr, fmt.Errorf("go mod download -json: %w", err))
		}
		if m.Error != "" {
			problems = append(problems, errors.New(m.Error))
			continue
		}
		v := module.Version{Path: m.Path, Version: m.Version}
		s.folders[v] = m.Dir
		s.sums[v] = m.Sum
		s.sums[module.Version{Path: m.Path, Version: m.Version + "/go.mod"}] = m.GoModSum
	}
	if problems != nil {
		return errors.Join(problems...)
	}
	return runErr
}

// GoMod implements lock.Source.
func (s *Source) GoMod(v module.Version) (lock.GoMod, error) {
	key := module.Version{Path: v.Path, Version: v.Version + "/go.mod"}
	if s.sums[key] == "" {
		if err := s.graph([]module.Version{v}); err != nil {
			return lock.GoMod{}, err
		}
	}
	name, err := s.cacheFile(v, ".mod")
	if err != nil {
		return lock.GoMod{}, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return lock.GoMod{}, err
	}
	hash, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	})
	if err != nil {
		return lock.GoMod{}, err
	}
	if hash != s.sums[key] {
		return lock.GoMod{}, fmt.Errorf("%s: hash mismatch: got %s, want %q; run go clean -modcache", name, hash, s.sums[key])
	}
	file, err := modfile.ParseLax(name, data, nil)
	if err != nil {
		return lock.GoMod{}, err
	}
	facts := lock.GoMod{Sum: hash}
	if file.Go != nil {
		facts.Go = file.Go.Version
	}
	for _, r := range file.Require {
		facts.Requires = append(facts.Requires, r.Mod)
	}
	return facts, nil
}

// cacheFile returns the path of a version's file in the download cache.
func (s *Source) cacheFile(v module.Version, suffix string) (string, error) {
	path, err := module.EscapePath(v.Path)
	if err != nil {
		return "", err
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		return "", err
	}
	return filepath.Join(s.cache, "cache", "download", filepath.FromSlash(path), "@v", version+suffix), nil
}

// Sum implements lock.Source.
func (s *Source) Sum(v module.Version) (string, error) {
	if _, err := s.folder(v); err != nil {
		return "", err
	}
	return s.sums[v], nil
}

// folder returns the folder with the files of a version, and downloads them if necessary.
func (s *Source) folder(v module.Version) (string, error) {
	if err := s.download([]module.Version{v}); err != nil {
		return "", err
	}
	return s.folders[v], nil
}

// HasPackage implements lock.Source.
func (s *Source) HasPackage(v module.Version, pkg string) (bool, error) {
	names, _, err := s.goFiles(v, pkg)
	return len(names) > 0, err
}

// goFiles returns the names of the Go files in the directory of a package, and the directory.
func (s *Source) goFiles(v module.Version, pkg string) (names []string, dir string, err error) {
	folder, err := s.folder(v)
	if err != nil {
		return nil, "", err
	}
	dir = filepath.Join(folder, filepath.FromSlash(strings.TrimPrefix(pkg, v.Path)))
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && filepath.Ext(e.Name()) == ".go" {
			names = append(names, e.Name())
		}
	}
	return names, dir, nil
}

// Imports implements lock.Source.
func (s *Source) Imports(v module.Version, pkg string) (imports, testImports []string, err error) {
	names, dir, err := s.goFiles(v, pkg)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if name[0] == '_' || name[0] == '.' {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, nil, err
		}
		found, _, err := lock.Scan(filepath.Join(dir, name), data)
		if err != nil {
			return nil, nil, err
		}
		if strings.HasSuffix(name, "_test.go") {
			testImports = append(testImports, found...)
		} else {
			imports = append(imports, found...)
		}
	}
	return compact(imports), compact(testImports), nil
}

func compact(paths []string) []string {
	slices.Sort(paths)
	return slices.Compact(paths)
}
