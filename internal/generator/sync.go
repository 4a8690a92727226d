package generator

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// syncTree waits until every file and directory below root is on the disk, so that a rename cannot survive a power
// failure that its content does not. Many at a time, because each waits for the same journal of the file system.
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
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
		queue = make(chan string)
	)
	for range 16 {
		wg.Go(func() {
			for path := range queue {
				if err := syncPath(path); err != nil {
					once.Do(func() { first = err })
				}
			}
		})
	}
	for _, path := range paths {
		queue <- path
	}
	close(queue)
	wg.Wait()
	return first
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
