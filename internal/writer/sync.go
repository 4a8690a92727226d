package writer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
)

// startSync starts to sync files and directories to disk, and returns a function that waits for the end. After a power
// failure, a renamed directory must not be without its content. It syncs many files in parallel, because all of them
// wait for the same file system journal.
func startSync(paths []string) (wait func() error) {
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
		next  atomic.Int64
	)
	for range min(16, len(paths)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(paths); i = int(next.Add(1)) - 1 {
				if err := syncPath(paths[i]); err != nil {
					once.Do(func() { first = err })
				}
			}
		})
	}
	return func() error {
		wg.Wait()
		return first
	}
}

// syncTree syncs every file and directory below root.
func syncTree(root string) error {
	var paths []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && (d.IsDir() || d.Type().IsRegular()) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	return startSync(paths)()
}

// syncPath syncs a file or a directory, unless its file system cannot sync it.
func syncPath(path string) error {
	if runtime.GOOS == "windows" {
		return nil // Windows can sync only files that are open for writing
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return syncFile(f)
}

func syncFile(f *os.File) error {
	if err := f.Sync(); err != nil && !isUnsupported(err) {
		return err
	}
	return nil
}

// isUnsupported reports whether the file system does not support a call. Network and user space file systems may not
// support locks, or syncing a directory. Another error is that of the disk.
func isUnsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOLCK)
}

// syncDir makes a rename in the directory durable. It ignores errors, because the rename has already succeeded.
func syncDir(dir string) { _ = syncPath(dir) }
