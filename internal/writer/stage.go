package writer

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
)

// stage is a hidden directory .NAME.acton-new-XXXXXXXX next to the target, with the beginning of a long name. The process that
// created it holds a lock on the file "owner" in it. The operating system releases the lock when the process ends, so a stage without a lock is a
// leftover.
type stage struct {
	dir  string
	lock *os.File
}

const ownerFile = "owner"

// ownerMark is the content of the owner file. It distinguishes a stage from a directory with a similar name. It is
// written before any other content of the stage.
const ownerMark = "acton-new: the next run removes this directory, unless a running process holds a lock on this file\n"

var stagePattern = regexp.MustCompile(`^\..+\.acton-new-[0-9a-z]{8}$`)

func randomSuffix() string {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	b := make([]byte, 8)
	for i := range b {
		b[i] = letters[rand.IntN(len(letters))]
	}
	return string(b)
}

// newStage creates a stage in parent. Another run may remove the directory as a leftover before it is locked. If so,
// newStage tries another name.
func newStage(parent, name string) (*stage, error) {
	for range 100 {
		dir := filepath.Join(parent, fmt.Sprintf(".%.30s.acton-new-%s", name, randomSuffix()))
		if err := os.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		lock, err := createLocked(filepath.Join(dir, ownerFile), ownerMark)
		if errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			_ = os.RemoveAll(dir)
			return nil, err
		}
		return &stage{dir: dir, lock: lock}, nil
	}
	return nil, errors.New("create a temporary directory: no free name after 100 attempts")
}

// remove removes the stage and its content. It ignores errors: the next run removes the rest.
func (s *stage) remove() {
	_ = os.RemoveAll(filepath.Join(s.dir, "project"))
	_ = s.lock.Close()
	_ = os.RemoveAll(s.dir)
}

// removeStaleStages removes the stages in parent whose process has ended, and returns those that it removed.
func removeStaleStages(parent string) (removed []string) {
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
		if err != nil || !isUnmarkedStage(children) && !isMarked(filepath.Join(dir, ownerFile), ownerMark) {
			continue
		}
		lock, err := lockStale(filepath.Join(dir, ownerFile))
		if err != nil {
			continue
		}
		// Remove the owner file last: if this run is killed, the next run still recognizes the leftover.
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

// isUnmarkedStage reports whether these entries are those of a stage whose process was killed before it wrote the mark.
func isUnmarkedStage(children []fs.DirEntry) bool {
	if len(children) != 1 {
		return len(children) == 0
	}
	info, err := children[0].Info()
	return err == nil && children[0].Name() == ownerFile && info.Mode().IsRegular() && info.Size() == 0
}
