package writer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// errLocked means that another run holds the lock, or has removed the file.
var errLocked = errors.New("locked by another run")

// createLocked creates the file, locks it and writes the mark. On a file system without locks it continues without one:
// no run ever removes the leftovers of another run there.
func createLocked(path, mark string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errLocked // another run removed the directory
	}
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(f)
	switch {
	case err != nil && !isUnsupported(err):
		_ = f.Close()
		return nil, err
	case err == nil && !locked || !isAt(f, path):
		_ = f.Close()
		return nil, errLocked
	}
	if _, err := f.WriteString(mark); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// lockStale locks the file of a killed run, which it creates if necessary. It returns errLocked if the owner is alive, and
// another error if the file system has no locks.
func lockStale(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(f)
	if err == nil && (!locked || !isAt(f, path)) {
		err = errLocked
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// lockTarget locks a target that exists, until unlock is called. Of runs that fill it at the same time, those that fail would
// undo what they planned, and remove the files of the one that succeeds. Where directories have no locks, a run is noticed
// only by its journal.
func lockTarget(dir string) (unlock func(), err error) {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		if f, err := os.Open(dir); err == nil {
			locked, err := tryLock(f)
			if locked {
				return func() { _ = f.Close() }, nil
			}
			_ = f.Close() // Windows locks no directory, and does not rename one that is open
			if err == nil {
				return nil, errOtherRun(dir)
			}
		}
	}
	return func() {}, nil // inspect explains what is wrong with the target
}

func errOtherRun(dir string) error {
	return fmt.Errorf("%s: another run is writing to this directory; wait until it ends", dir)
}

// isMarked reports whether path is a regular file that begins with the mark.
func isMarked(path, mark string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(mark))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == mark
}

// isAt reports whether path still refers to the open file.
func isAt(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	current, err := os.Stat(path)
	return err == nil && os.SameFile(open, current)
}
