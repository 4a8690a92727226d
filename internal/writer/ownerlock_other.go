//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package writer

import (
	"errors"
	"os"
)

// tryLock fails: this platform has no file locks, so no run removes the leftovers of another run.
func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
