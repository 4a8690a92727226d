package generator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// journal says how to undo the filling of a directory. It is a file in that directory, .acton-new-XXXXXXXX.journal, on
// which its owner holds a lock while it lives; beside it stands the hidden directory in which everything was made. Undoing
// removes only what is still as it was written, and can itself be killed and begun again.
type journal struct {
	path string
	lock *os.File

	journalPlan
}

// journalPlan is the content of the journal below its first line. A journal whose plan is not complete belongs to a run
// that has not moved anything yet.
type journalPlan struct {
	Files      []journalFile
	Dirs       []string // that are not there before
	Repository *journalRepository
	Adopted    *journalAdoption
}

type journalFile struct{ Path, Sum string }

// journalRepository is a whole repository that is moved in.
type journalRepository struct{ Branch, Commit string }

// journalAdoption is a commit that is put into the repository that is there.
type journalAdoption struct {
	Branch, Commit string
	Files          []string // the pack and its index, relative to the repository
	Index          string   // the sum of the index; empty until that is made
}

const journalMark = "acton-new: what the next run undoes here unless its owner holds a lock on this file\n"

var journalPattern = regexp.MustCompile(`^\.acton-new-[0-9a-z]{8}\.journal$`)

func newJournal(dir string) (*journal, error) {
	for range 100 {
		name := filepath.Join(dir, ".acton-new-"+randomSuffix()+".journal")
		if _, err := os.Lstat(name); err == nil {
			continue
		}
		lock, err := lockNew(name, journalMark)
		if errors.Is(err, errTaken) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &journal{path: name, lock: lock}, nil
	}
	return nil, errors.New("no free name for a journal")
}

func (j *journal) dir() string   { return filepath.Dir(j.path) }
func (j *journal) stage() string { return strings.TrimSuffix(j.path, ".journal") }
func (j *journal) close()        { _ = j.lock.Close() }

// write adds the plan to the file, where the last one counts, and waits until it is on the disk.
func (j *journal) write() error {
	content, err := json.Marshal(j.journalPlan)
	if err != nil {
		return err
	}
	if _, err := j.lock.Write(append(content, '\n')); err != nil {
		return err
	}
	if err := j.lock.Sync(); err != nil {
		return err
	}
	syncDir(j.dir())
	return nil
}

// undoLeftovers undoes what killed runs have begun in dir, and returns the journals. It fails if one still runs.
func undoLeftovers(dir string) (undone []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, place(dir, err)
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if !journalPattern.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && info.Size() > 0 && !isMarked(name, journalMark) {
			continue
		}
		lock, err := lockLeftover(name)
		if err != nil {
			return undone, fmt.Errorf("%s: another run is filling it", dir)
		}
		j := &journal{path: name, lock: lock}
		err = j.read()
		if err == nil {
			err = j.undo()
		}
		j.close()
		if err != nil {
			return undone, err
		}
		undone = append(undone, name)
	}
	return undone, nil
}

// read reads the last plan that is complete, if there is one.
func (j *journal) read() error {
	data, err := os.ReadFile(j.path)
	if err != nil {
		return place(j.dir(), err)
	}
	for line := range bytes.Lines(data) {
		var plan journalPlan
		if bytes.HasSuffix(line, []byte("\n")) && json.Unmarshal(line, &plan) == nil {
			j.journalPlan = plan
		}
	}
	return nil
}

// undo removes what the run put into the directory, then the hidden directory, then the journal.
func (j *journal) undo() error {
	err := errors.Join(j.undoRepository(), j.undoFiles())
	if err == nil {
		err = os.RemoveAll(j.stage())
	}
	if err == nil {
		err = removeLocked(j.lock, j.path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("undo, which the next run tries again: %w", place(j.dir(), err))
	}
	syncDir(j.dir())
	return nil
}

func (j *journal) undoRepository() error {
	git := filepath.Join(j.dir(), gitDir)
	if r := j.Repository; r != nil && pointsTo(git, r.Branch, r.Commit) {
		// Away in one step: half a repository would be taken for somebody's own.
		if err := os.MkdirAll(j.stage(), 0o700); err != nil {
			return err
		}
		return os.Rename(git, filepath.Join(j.stage(), "undone-"+randomSuffix()))
	}
	a := j.Adopted
	if a == nil {
		return nil
	}
	branch := filepath.Join(git, "refs", "heads", filepath.FromSlash(a.Branch))
	index := filepath.Join(git, "index")
	if isThere(branch) && !pointsTo(git, a.Branch, a.Commit) || isThere(index) && !sameContent(index, a.Index) {
		return nil // somebody has gone on from here, and may need the objects
	}
	if err := errors.Join(removeIfThere(branch), removeIfThere(index)); err != nil {
		return err
	}
	for _, name := range a.Files {
		if err := removeIfThere(filepath.Join(git, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}

func (j *journal) undoFiles() error {
	for _, f := range j.Files {
		name := filepath.Join(j.dir(), filepath.FromSlash(f.Path))
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) || !sameContent(name, f.Sum) {
			continue
		}
		if err := removeIfThere(name); err != nil {
			return err
		}
	}
	// Longest first: what is inside goes before what is around it. A directory with something of somebody else stays.
	slices.SortFunc(j.Dirs, func(a, b string) int { return len(b) - len(a) })
	for _, d := range j.Dirs {
		if filepath.IsLocal(filepath.FromSlash(d)) {
			_ = os.Remove(filepath.Join(j.dir(), filepath.FromSlash(d)))
		}
	}
	return nil
}

func isThere(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
