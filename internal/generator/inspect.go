package generator

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const gitDir = ".git"

// site is what was found where the project shall be.
type site struct {
	dir        string      // absolute, without symbolic links if it exists
	exists     bool        // a directory is there
	mode       fs.FileMode // its permissions
	inPlace    bool        // it cannot be replaced
	repository *repository // it holds a repository without a commit, and nothing else
}

// inspect looks at the target. It refuses whatever cannot become the project, and first undoes what a killed run has left
// in the directory.
func inspect(dir string) (s site, removed []string, err error) {
	if dir == "" {
		return site{}, nil, errors.New("no directory is named")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return site{}, nil, err
	}
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(abs); err == nil {
			return site{}, nil, fmt.Errorf("%s: is a link to something that does not exist: remove it, or choose another place with --dir", abs)
		}
		if file := fileInPath(abs); file != "" {
			return site{}, nil, fmt.Errorf("%s: %s is a file, not a directory: choose another place with --dir", abs, file)
		}
		return site{dir: realPath(abs)}, nil, nil
	case err != nil:
		if file := fileInPath(abs); file != "" {
			return site{}, nil, fmt.Errorf("%s: %s is a file, not a directory: choose another place with --dir", abs, file)
		}
		return site{}, nil, place(abs, err)
	case !info.IsDir():
		return site{}, nil, fmt.Errorf("%s: is a file: choose another place with --dir", abs)
	}

	s = site{dir: realPath(abs), exists: true, mode: info.Mode().Perm()}
	if removed, err = undoLeftovers(s.dir); err != nil {
		return site{}, nil, err
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return site{}, nil, place(s.dir, err)
	}
	switch {
	case len(entries) == 0:
	case len(entries) == 1 && entries[0].Name() == gitDir:
		if s.repository, err = openEmptyRepository(s.dir); err != nil {
			return site{}, nil, err
		}
	default:
		return site{}, nil, notEmpty(s.dir, entries)
	}
	s.inPlace = s.repository != nil || isWorkingDirectory(info) || isMountPoint(s.dir)
	return s, removed, nil
}

func notEmpty(dir string, entries []os.DirEntry) error {
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		if len(names) == 3 && len(entries) > 3 {
			names = append(names, "…")
			break
		}
	}
	return fmt.Errorf("%s: is not empty (%s): choose another place with --dir, or move what is there away",
		dir, strings.Join(names, ", "))
}

// realPath resolves the links in the part of the path that exists.
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

// fileInPath returns the part of the path that is a file although something below it is asked for.
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

func isWorkingDirectory(info fs.FileInfo) bool {
	here, err := os.Stat(".")
	return err == nil && os.SameFile(here, info)
}

// enclosingRepository returns the work tree that the directory would lie in, or "".
func enclosingRepository(dir string) string {
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
