package generator

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks the file for as long as it is open. It is false when somebody else holds the lock, and an error when the
// file system has no locks. The byte that is locked lies far behind the content, which others may read.
func tryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}
