// Package readfile reads files that an operator names.
package readfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Regular returns the content and the mode of a regular file. It refuses everything else, such as a FIFO, from which a
// read could block for ever. It follows symbolic links.
func Regular(path string) ([]byte, fs.FileMode, error) {
	// Without O_NONBLOCK, opening a FIFO blocks until somebody writes to it.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	data, err := io.ReadAll(file)
	return data, info.Mode(), err
}
