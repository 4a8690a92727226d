package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
)

// A stage is a hidden directory .NAME.acton-new-XXXXXXXX beside the target. While its owner lives, the owner holds a lock
// on the file "owner" in it. The lock ends with the process, however that ends, so a stage whose lock can be taken is a
// leftover.
type stage struct {
	dir  string
	lock *os.File
}

const ownerFile = "owner"

// ownerMark is the content of the owner's file, so that no directory is removed that only has a name like a stage's. It
// is written before anything else is put into the stage.
const ownerMark = "acton-new: removed by the next run unless its owner holds a lock on this file\n"

var stagePattern = regexp.MustCompile(`^\..+\.acton-new-[0-9a-z]{8}$`)

func randomSuffix() string {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	b := make([]byte, 8)
	for i := range b {
		b[i] = letters[rand.IntN(len(letters))]
	}
	return string(b)
}

// newStage makes a stage in parent. Another run may take the directory for a leftover before it is locked, so the lock
// counts only if the file that it is on is still there.
func newStage(parent, name string) (*stage, error) {
	for range 100 {
		dir := filepath.Join(parent, fmt.Sprintf(".%s.acton-new-%s", name, randomSuffix()))
		if err := os.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		lock, err := lockNew(filepath.Join(dir, ownerFile), ownerMark)
		if errors.Is(err, errTaken) {
			continue
		}
		if err != nil {
			_ = os.RemoveAll(dir)
			return nil, err
		}
		return &stage{dir: dir, lock: lock}, nil
	}
	return nil, errors.New("no free name for a temporary directory")
}

// remove removes the stage and whatever is in it. What cannot be removed is left to the next run.
func (s *stage) remove() {
	_ = os.RemoveAll(filepath.Join(s.dir, "project"))
	_ = s.lock.Close()
	_ = os.RemoveAll(s.dir)
}

// removeSiblings removes the stages in parent whose owner is gone, and returns them. What cannot be removed stays.
func removeSiblings(parent string) (removed []string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !e.IsDir() || !stagePattern.MatchString(e.Name()) {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		children, err := os.ReadDir(dir)
		if err != nil || !barelyBegun(children) && !isMarked(filepath.Join(dir, ownerFile), ownerMark) {
			continue
		}
		lock, err := lockLeftover(filepath.Join(dir, ownerFile))
		if err != nil {
			continue
		}
		// The owner's file goes last, so that a leftover is still known as one if this run is killed too.
		children, err = os.ReadDir(dir)
		for _, child := range children {
			if child.Name() != ownerFile {
				err = errors.Join(err, os.RemoveAll(filepath.Join(dir, child.Name())))
			}
		}
		_ = lock.Close()
		if err == nil && os.RemoveAll(dir) == nil {
			removed = append(removed, dir)
		}
	}
	return removed
}

// barelyBegun tells whether a run that made a directory with these entries ended before it wrote its mark.
func barelyBegun(children []fs.DirEntry) bool {
	if len(children) != 1 {
		return len(children) == 0
	}
	info, err := children[0].Info()
	return err == nil && children[0].Name() == ownerFile && info.Mode().IsRegular() && info.Size() == 0
}
