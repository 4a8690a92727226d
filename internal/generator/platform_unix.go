//go:build unix

package generator

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// isMountPoint tells whether the directory is on another device than the one above it, or has none above it. A bind mount
// of the same device is not seen here; renaming over it fails as busy.
func isMountPoint(dir string) bool {
	parent := filepath.Dir(dir)
	here, err := os.Stat(dir)
	if err != nil || parent == dir {
		return true
	}
	above, err := os.Stat(parent)
	if err != nil {
		return true
	}
	return deviceOf(here) != deviceOf(above)
}

func deviceOf(info fs.FileInfo) uint64 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(stat.Dev) //nolint:unconvert // its type differs between systems
}

// renameOver renames a directory to a name that is free or an empty directory, in one step.
func renameOver(from, to string) error {
	if err := syscall.Rename(from, to); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

func isBusy(err error) bool     { return errors.Is(err, syscall.EBUSY) }
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

func isNotEmpty(err error) bool {
	return errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST) || errors.Is(err, syscall.ENOTDIR)
}

// removeLocked removes a file before its lock ends, so that no other run can take it for a leftover.
func removeLocked(f *os.File, path string) error {
	return errors.Join(os.Remove(path), f.Close())
}
