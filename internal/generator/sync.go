package generator

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
)

// startSync begins to bring files and directories to the disk, so that a rename cannot survive a power failure that its
// content does not, and returns what waits for the end. Many at a time, because each waits for the same journal of the
// file system.
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

// syncTree waits until every file and directory below root is on the disk.
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

func syncPath(path string) error {
	if runtime.GOOS == "windows" {
		return nil // only a file that is open for writing can be synced
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// syncDir makes a rename in the directory durable. Not every file system can, and the rename has happened either way.
func syncDir(dir string) { _ = syncPath(dir) }
