package writer

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
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

func syncPath(path string) error {
	if runtime.GOOS == "windows" {
		return nil // Windows can sync only files that are open for writing
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// syncDir makes a rename in the directory durable. It ignores errors: some file systems cannot sync a directory, and
// the rename has already succeeded.
func syncDir(dir string) { _ = syncPath(dir) }
