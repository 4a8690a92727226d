//go:build !unix

package writer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

func isMountPoint(dir string) bool { return filepath.Dir(dir) == dir }

// sameOwner reports true: this platform has other permissions than those of a mode.
func sameOwner(fs.FileInfo, fs.FileInfo) bool { return true }

// isOwn reports true: git has other rules on this platform.
func isOwn(string) bool { return true }

// canWrite reports no error: only an attempt shows whether this platform allows to write.
func canWrite(string) error { return nil }

// renameOver renames a directory. The new name must not exist, or be an empty directory.
func renameOver(from, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}

func isBusy(error) bool     { return false }
func isReadOnly(error) bool { return false }

func isNotEmpty(err error) bool { return errors.Is(err, fs.ErrExist) }

// removeLocked closes and removes a locked file: this platform cannot remove an open file.
func removeLocked(f *os.File, path string) error {
	return errors.Join(f.Close(), os.Remove(path))
}
