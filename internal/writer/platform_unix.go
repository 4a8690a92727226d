//go:build unix

package writer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// isMountPoint reports whether the directory is on another device than its parent, or has no parent. It does not detect
// a bind mount of the same device; renaming over that fails with EBUSY.
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

// sameOwner reports whether the files belong to the same user and group.
func sameOwner(a, b fs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, ok2 := b.Sys().(*syscall.Stat_t)
	return !ok || !ok2 || x.Uid == y.Uid && x.Gid == y.Gid
}

func deviceOf(info fs.FileInfo) uint64 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(stat.Dev) //nolint:unconvert // its type differs between systems
}

// isOwn reports whether git takes the user for the owner of the file. With sudo, the user who called it is an owner too.
func isOwn(file string) bool {
	info, err := os.Lstat(file)
	if err != nil {
		return true // git reports the error
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	user := os.Geteuid()
	return !ok || int(stat.Uid) == user || user == 0 && os.Getenv("SUDO_UID") == strconv.Itoa(int(stat.Uid))
}

// canWrite returns an error if the process may not create files in the directory.
func canWrite(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// renameOver renames a directory atomically. The new name must not exist, or be an empty directory.
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

// removeLocked removes a locked file before it releases the lock, so that no other run takes the file for a leftover.
func removeLocked(f *os.File, path string) error {
	return errors.Join(os.Remove(path), f.Close())
}
