package writer

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

// journal records how to undo fillInPlace. It is the file .acton-new-XXXXXXXX.journal in the target, next to the hidden
// directory in which the project is created. Its owner holds a lock on it while it runs. undo removes only files that
// have not changed since, and can be repeated if it is killed.
type journal struct {
	path string
	lock *os.File

	journalPlan
}

// journalPlan is the content of the journal after its first line. If it is incomplete, the run has not moved any file.
type journalPlan struct {
	Files      []journalFile
	Dirs       []string // directories that the run creates
	Repository *journalRepository
	Adopted    *journalAdoption
}

type journalFile struct {
	Path, Sum string
	Replaces  bool   // the file existed
	Original  []byte // its content
}

// journalRepository is a repository that the run moves into the target.
type journalRepository struct{ Branch, Commit string }

// journalAdoption is a commit that the run adds to the existing repository.
type journalAdoption struct {
	Branch, Commit string
	Files          []string // the pack and its index, relative to the repository
	Index          string   // SHA-256 sum of the index; empty until the index exists
	Parent         string   // commit of the branch before; empty if there was none
	OriginalIndex  []byte   // nil if there was none
}

const journalMark = "acton-new: the next run undoes these changes, unless a running process holds a lock on this file\n"

var journalPattern = regexp.MustCompile(`^\.acton-new-[0-9a-z]{8}\.journal$`)

func newJournal(dir string) (*journal, error) {
	for range 100 {
		name := filepath.Join(dir, ".acton-new-"+randomSuffix()+".journal")
		if _, err := os.Lstat(name); err == nil {
			continue
		}
		lock, err := createLocked(name, journalMark)
		if errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &journal{path: name, lock: lock}, nil
	}
	return nil, errors.New("create a journal: no free name after 100 attempts")
}

func (j *journal) dir() string   { return filepath.Dir(j.path) }
func (j *journal) stage() string { return strings.TrimSuffix(j.path, ".journal") }
func (j *journal) close()        { _ = j.lock.Close() }

// write appends the plan to the file and syncs it. The last plan in the file is the valid one.
func (j *journal) write() error {
	content, err := json.Marshal(j.journalPlan)
	if err != nil {
		return err
	}
	if _, err := j.lock.Write(append(content, '\n')); err != nil {
		return err
	}
	if err := syncFile(j.lock); err != nil {
		return err
	}
	syncDir(j.dir())
	return nil
}

// undoKilledRuns undoes the changes of killed runs in dir, and returns their journals. It fails if a run is in
// progress.
func undoKilledRuns(dir string) (undone []string, err error) {
	journals, err := findJournals(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range journals {
		j, err := openStaleJournal(name)
		if err != nil {
			return undone, err
		}
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

// errUndoPending means that a killed run has left changes in the target, which the next run undoes.
var errUndoPending = errors.New("undo pending")

// ignoreKilledRuns returns errUndoPending if undoKilledRuns would undo changes in dir. It fails if a run is in progress.
func ignoreKilledRuns(dir string) ([]string, error) {
	journals, err := findJournals(dir)
	if err != nil || len(journals) == 0 {
		return nil, err
	}
	for _, name := range journals {
		j, err := openStaleJournal(name)
		if err != nil {
			return nil, err
		}
		j.close()
	}
	return nil, errUndoPending
}

// findJournals returns the paths of the journals in dir.
func findJournals(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, pathError(dir, err)
	}
	var journals []string
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if !journalPattern.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && info.Size() > 0 && !isMarked(name, journalMark) {
			continue
		}
		journals = append(journals, name)
	}
	return journals, nil
}

// openStaleJournal locks the journal of a killed run. It fails if its run is in progress.
func openStaleJournal(name string) (*journal, error) {
	lock, err := lockStale(name)
	switch {
	case err != nil && isUnsupported(err):
		return nil, fmt.Errorf("%s: an interrupted run has left files, or another run is writing: the file system has no locks to "+
			"tell which; if there is no other run, remove everything in it except %s", filepath.Dir(name), gitDir)
	case err != nil:
		return nil, errOtherRun(filepath.Dir(name))
	}
	return &journal{path: name, lock: lock}, nil
}

// read reads the last complete plan, if there is one.
func (j *journal) read() error {
	data, err := os.ReadFile(j.path)
	if err != nil {
		return pathError(j.dir(), err)
	}
	for line := range bytes.Lines(data) {
		var plan journalPlan
		if bytes.HasSuffix(line, []byte("\n")) && json.Unmarshal(line, &plan) == nil {
			j.journalPlan = plan
		}
	}
	return nil
}

// undo removes the files that the run added to the directory, then the hidden directory, then the journal.
func (j *journal) undo() error {
	err := errors.Join(j.undoRepository(), j.undoFiles())
	if err == nil {
		err = os.RemoveAll(j.stage())
	}
	if err == nil {
		err = removeLocked(j.lock, j.path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("undo the changes (the next run tries again): %w", pathError(j.dir(), err))
	}
	syncDir(j.dir())
	return nil
}

func (j *journal) undoRepository() error {
	git := filepath.Join(j.dir(), gitDir)
	if r := j.Repository; r != nil && pointsTo(git, r.Branch, r.Commit) {
		// Move it in one step: the next run would take half a repository for the user's own.
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
	ours := pointsTo(git, a.Branch, a.Commit) || a.Parent != "" && pointsTo(git, a.Branch, a.Parent)
	sameIndex := sameContent(index, a.Index) || a.OriginalIndex != nil && sameContent(index, sumOf(a.OriginalIndex))
	if exists(branch) && !ours || exists(index) && !sameIndex {
		return nil // the user has changed the repository, which may need the objects
	}
	var parent []byte
	if a.Parent != "" {
		parent = []byte(a.Parent + "\n")
	}
	if err := errors.Join(j.restore(branch, parent), j.restore(index, a.OriginalIndex)); err != nil {
		return err
	}
	for _, name := range a.Files {
		if err := removeIfExists(filepath.Join(git, filepath.FromSlash(name))); err != nil {
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
		var original []byte
		if f.Replaces {
			original = append([]byte{}, f.Original...)
		}
		if err := j.restore(name, original); err != nil {
			return err
		}
	}
	// Longest path first, so that children go before their parents. A directory that is not empty stays.
	slices.SortFunc(j.Dirs, func(a, b string) int { return len(b) - len(a) })
	for _, d := range j.Dirs {
		if filepath.IsLocal(filepath.FromSlash(d)) {
			_ = os.Remove(filepath.Join(j.dir(), filepath.FromSlash(d)))
		}
	}
	return nil
}

// restore gives a file its original content in one step, or removes it if the content is nil.
func (j *journal) restore(name string, original []byte) error {
	if original == nil {
		return removeIfExists(name)
	}
	if err := os.MkdirAll(j.stage(), 0o700); err != nil {
		return err
	}
	restored := filepath.Join(j.stage(), "restored-"+randomSuffix())
	if err := os.WriteFile(restored, original, 0o666); err != nil {
		return err
	}
	if err := syncPath(restored); err != nil {
		return err
	}
	return os.Rename(restored, name)
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func removeIfExists(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
