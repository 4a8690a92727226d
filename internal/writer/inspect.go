package writer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/acton-go/acton-new/internal/gitconfig"
)

const gitDir = ".git"

// destination is the target directory before the run.
type destination struct {
	dir        string      // absolute, with symbolic links resolved as far as the path exists
	exists     bool        // the directory exists
	info       fs.FileInfo // its permissions and owner; nil if it does not exist
	inPlace    bool        // it cannot be replaced, so its content is written in place
	repository *repository // a repository, with no commit or only with the starters; nil if the directory is empty
	starters   []starter   // the files next to the repository
}

// inspect examines the target directory. Before that, undo undoes what a killed run left there, and returns what it
// removed, also with an error. inspect returns an error if the directory cannot hold a new project.
func inspect(target Target, undo func(dir string) ([]string, error)) (d destination, removed []string, err error) {
	if target.Dir == "" {
		return destination{}, nil, errors.New("no target directory given; use --dir")
	}
	abs, err := filepath.Abs(target.Dir)
	if err != nil {
		return destination{}, nil, err
	}
	if repository := repositoryAround(realPath(abs)); repository != "" {
		return destination{}, nil, fmt.Errorf("%s: %s belongs to git; choose another directory with --dir", abs, repository)
	}
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(abs); err == nil {
			return destination{}, nil, fmt.Errorf("%s: symbolic link to a path that does not exist; "+
				"remove it, or choose another directory with --dir", abs)
		}
		if file := fileInPath(abs); file != "" {
			return destination{}, nil, fmt.Errorf("%s: %s is a file; choose another directory with --dir", abs, file)
		}
		return destination{dir: realPath(abs)}, nil, nil
	case err != nil:
		if file := fileInPath(abs); file != "" {
			return destination{}, nil, fmt.Errorf("%s: %s is a file; choose another directory with --dir", abs, file)
		}
		return destination{}, nil, pathError(abs, err)
	case !info.IsDir():
		return destination{}, nil, fmt.Errorf("%s: is a file; choose another directory with --dir", abs)
	}

	d = destination{dir: realPath(abs), exists: true, info: info}
	switch removed, err = undo(d.dir); {
	case errors.Is(err, errUndoPending):
		return d, nil, nil
	case err != nil:
		return destination{}, removed, err
	}
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return destination{}, removed, pathError(d.dir, err)
	}
	if err := d.readContent(target, entries); err != nil {
		return destination{}, removed, err
	}
	d.inPlace = d.repository != nil || isWorkingDirectory(info) || isMountPoint(d.dir)
	return d, removed, nil
}

// readContent reads the starters and opens the repository. It rejects any other content of the directory.
func (d *destination) readContent(target Target, entries []os.DirEntry) error {
	if len(entries) == 0 {
		return nil
	}
	if entries[0].Name() != gitDir {
		return notEmptyError(d.dir, entries)
	}
	for _, e := range entries[1:] {
		if !isStarter(e) {
			return notEmptyError(d.dir, entries)
		}
		s, err := readStarter(d.dir, e.Name())
		if err != nil {
			return pathError(d.dir, err)
		}
		d.starters = append(d.starters, s)
	}
	if target.Repository == RepositoryNever {
		_, _ = openNewRepository(d.dir, d.starters) // marks the starters that git has, in a repository that it can read
		d.repository = &repository{}
		return nil
	}
	var err error
	d.repository, err = openNewRepository(d.dir, d.starters)
	return err
}

// checkWritable returns an error if the process may not create the project at the destination.
func (d destination) checkWritable() error {
	dir := d.dir
	for !exists(dir) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	if err := canWrite(dir); err != nil {
		return fmt.Errorf("%s: cannot write to %s: %w; make it writable, or choose another directory with --dir", d.dir, dir, err)
	}
	return nil
}

func notEmptyError(dir string, entries []os.DirEntry) error {
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		if len(names) == 3 && len(entries) > 3 {
			names = append(names, "…")
			break
		}
	}
	return fmt.Errorf("%s: directory is not empty (%s); choose another directory with --dir, or move its content away",
		dir, strings.Join(names, ", "))
}

// realPath resolves the symbolic links in the existing part of the path.
func realPath(abs string) string {
	if p, err := filepath.EvalSymlinks(abs); err == nil {
		return p
	}
	parent := filepath.Dir(abs)
	if parent == abs {
		return abs
	}
	return filepath.Join(realPath(parent), filepath.Base(abs))
}

// fileInPath returns the parent of the path that is a file instead of a directory, or "".
func fileInPath(abs string) string {
	for d := filepath.Dir(abs); d != filepath.Dir(d); d = filepath.Dir(d) {
		if info, err := os.Stat(d); err == nil {
			if info.IsDir() {
				return ""
			}
			return d
		}
	}
	return ""
}

// repositoryAround returns the directory at the path or above it in which git keeps a repository, or "".
func repositoryAround(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		bare := exists(filepath.Join(d, "HEAD")) && exists(filepath.Join(d, "objects")) && exists(filepath.Join(d, "refs"))
		if bare || strings.EqualFold(filepath.Base(d), gitDir) {
			return d
		}
		if d == filepath.Dir(d) || exists(filepath.Join(d, gitDir)) { // a work tree can be below its repository
			return ""
		}
	}
}

func isWorkingDirectory(info fs.FileInfo) bool {
	here, err := os.Stat(".")
	return err == nil && os.SameFile(here, info)
}

// Enclosing returns the work tree around the directory, or "".
func Enclosing(dir string) string {
	for d := filepath.Dir(dir); ; d = filepath.Dir(d) {
		git := filepath.Join(d, gitDir)
		info, err := os.Stat(git)
		switch {
		case err == nil && info.IsDir():
			if _, err := os.Stat(filepath.Join(git, "HEAD")); err == nil {
				return d
			}
		case err == nil: // a linked work tree or a submodule
			if data, err := os.ReadFile(git); err == nil && bytes.HasPrefix(data, []byte("gitdir:")) {
				return d
			}
		}
		if d == filepath.Dir(d) {
			return ""
		}
	}
}

// isTrusted reports whether git works in the repository of the directory: the user owns both, or safe.directory allows it.
func isTrusted(dir string) bool {
	git := filepath.Join(dir, gitDir)
	if isOwn(dir) && isOwn(git) {
		return true
	}
	trusted := false
	for _, pattern := range gitconfig.Read(git, os.Getenv).All("safe.directory") {
		switch pattern {
		case "": // resets the list
			trusted = false
		case "*", dir:
			trusted = true
		}
	}
	return trusted
}
