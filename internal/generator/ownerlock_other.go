//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package generator

import (
	"errors"
	"os"
)

// tryLock cannot lock here, so no leftover is ever taken for dead.
func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
