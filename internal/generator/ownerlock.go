package generator

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// errTaken says that another run holds the lock, or has removed the file meanwhile.
var errTaken = errors.New("taken by another run")

// lockNew creates the file, locks it and writes the mark. On a file system without locks it goes on without: leftovers
// there are never taken for dead.
func lockNew(path, mark string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errTaken // the directory was removed
	}
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(f)
	if err == nil && !locked || !stillThere(f, path) {
		_ = f.Close()
		return nil, errTaken
	}
	if _, err := f.WriteString(mark); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// lockLeftover locks the file of a dead run, or makes it. It fails if the owner lives and if nobody can tell.
func lockLeftover(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(f)
	if err != nil || !locked || !stillThere(f, path) {
		_ = f.Close()
		return nil, errTaken
	}
	return f, nil
}

// isMarked tells whether path is a regular file that begins with the mark.
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

// stillThere tells whether path still leads to the open file.
func stillThere(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(open, there)
}
