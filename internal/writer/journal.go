package writer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/index"

	"github.com/acton-go/acton-new/internal/gitconfig"
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
// Its paths are relative to the target.
type journalPlan struct {
	Before     map[string]string // what each file was before the run, from describe
	Files      []journalFile     // files of the project
	Repository []journalFile     // files in .git, in the order to undo them
	Dirs       []string          // directories that the run creates
}

type journalFile struct {
	Path, Sum string // Sum is empty until the content exists
	Replaces  bool   // the file existed
	Original  []byte // its content
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

// errUndoPending means that a killed run has left changes in the target, which the next run undoes.
var errUndoPending = errors.New("undo pending")

// undoKilledRuns undoes the changes of killed runs in dir, and returns their journals. If the project is
// complete, or dir has other content than that of the run, it keeps the files and removes only the journal and the hidden
// directory. It fails if a run is in progress.
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
		state, err := j.state()
		switch {
		case err != nil:
		case state == stateUndo:
			err = j.undo()
		default:
			err = pathError(dir, j.remove())
		}
		j.close()
		if err == nil && state == stateComplete {
			err = errComplete(dir)
		}
		if err != nil {
			return undone, err
		}
		undone = append(undone, name)
	}
	return undone, nil
}

// ignoreKilledRuns changes nothing. It returns errUndoPending if undoKilledRuns would undo changes in dir, and the error
// that undoKilledRuns would return.
func ignoreKilledRuns(dir string) ([]string, error) {
	journals, err := findJournals(dir)
	if err != nil {
		return nil, err
	}
	var pending error
	for _, name := range journals {
		j, err := openStaleJournal(name)
		if err != nil {
			return nil, err
		}
		state, err := j.state()
		j.close()
		switch {
		case err != nil:
			return nil, err
		case state == stateComplete:
			return nil, errComplete(dir)
		case state == stateUndo:
			pending = errUndoPending
		}
	}
	return nil, pending
}

func errComplete(dir string) error {
	return fmt.Errorf("%s: an interrupted run has completed this project; use it, or choose another directory with --dir", dir)
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

// journalState is what to do with the journal of a killed run.
type journalState int

const (
	stateUndo     journalState = iota // undo the changes
	stateChanged                      // keep the files: the target has other content than that of the run
	stateComplete                     // keep the files: only the journal is left to remove
)

// state reads the journal and compares the target with it.
func (j *journal) state() (journalState, error) {
	if reason := j.distrust(); reason != "" {
		return 0, j.errUntrusted(reason)
	}
	if err := j.read(); err != nil {
		return 0, err
	}
	if len(j.Files) == 0 {
		return stateUndo, nil // the run has moved nothing
	}
	changed, complete, err := j.compare()
	switch {
	case err != nil:
		return 0, pathError(j.dir(), err)
	case len(changed) > 0:
		return stateChanged, nil
	case complete:
		return stateComplete, nil
	}
	return stateUndo, nil
}

func (j *journal) errUntrusted(reason string) error {
	return fmt.Errorf("%s: %s, so acton-new does not undo the changes in it; remove this file", j.path, reason)
}

// distrust returns why the journal may not be that of a run of this user, or "". A downloaded directory can contain one.
func (j *journal) distrust() string {
	if !isOwn(j.path) {
		return "belongs to another user"
	}
	for _, workTree := range []string{j.dir(), Enclosing(j.dir())} {
		if workTree == "" || !exists(filepath.Join(workTree, gitDir)) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(gitconfig.WorkTreeDir(workTree), "index"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var idx index.Index
		if err == nil {
			err = index.NewDecoder(bytes.NewReader(data)).Decode(&idx)
		}
		if err != nil {
			return "may belong to git, whose index cannot be read"
		}
		name, err := filepath.Rel(workTree, j.path)
		if err != nil {
			return err.Error()
		}
		if _, err := idx.Entry(name); err == nil {
			return "belongs to git"
		}
	}
	return ""
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
	paths := slices.Clone(j.Dirs)
	for _, f := range slices.Concat(j.Repository, j.Files) {
		paths = append(paths, f.Path)
	}
	for _, p := range paths {
		if !filepath.IsLocal(filepath.FromSlash(p)) {
			return j.errUntrusted(fmt.Sprintf("contains %q, a path outside the directory", p))
		}
	}
	return nil
}

// walk calls f for each file in the target, except those of the journal. It does not follow symbolic links.
func (j *journal) walk(root *os.Root, f func(name string, entry fs.DirEntry)) error {
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil: // a directory that cannot be read
			f(name, entry)
		case name == filepath.Base(j.path):
		case name == filepath.Base(j.stage()) && entry.IsDir():
			return fs.SkipDir
		case !entry.IsDir():
			f(name, entry)
		}
		return nil
	})
}

// describe returns the SHA-256 sum of a regular file. The name of an object of git determines its content.
func describe(root *os.Root, name string, entry fs.DirEntry) string {
	switch {
	case strings.HasPrefix(name, gitDir+"/objects/"):
		return "object"
	case !entry.Type().IsRegular():
		return entry.Type().String()
	}
	data, err := root.ReadFile(name)
	if err != nil {
		return "unreadable"
	}
	return sumOf(data)
}

// recordBefore records the files of the target before the run changes them.
func (j *journal) recordBefore() error {
	root, err := os.OpenRoot(j.dir())
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	j.Before = map[string]string{}
	return j.walk(root, func(name string, entry fs.DirEntry) { j.Before[name] = describe(root, name, entry) })
}

// compare returns the files of the target that are neither as before the run nor as the run made them. complete reports
// whether the run has made every file.
func (j *journal) compare() (changed []string, complete bool, err error) {
	root, err := os.OpenRoot(j.dir())
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = root.Close() }()
	made := map[string]string{}
	for _, f := range slices.Concat(j.Repository, j.Files) {
		made[f.Path] = f.Sum
	}
	count := 0
	missing := maps.Clone(j.Before)
	err = j.walk(root, func(name string, entry fs.DirEntry) {
		before, isOld := j.Before[name]
		sum, isMade := made[name]
		delete(missing, name)
		if !isOld && !isMade {
			changed = append(changed, name)
			return
		}
		switch is := describe(root, name, entry); {
		case isMade && (is == sum || is == "object"):
			count++
		case !isOld || is != before:
			changed = append(changed, name)
		}
	})
	return slices.AppendSeq(changed, maps.Keys(missing)), count == len(made), err
}

// undo removes the files that the run added to the directory, then the hidden directory and the journal.
func (j *journal) undo() error {
	err := j.undoFiles()
	if err == nil {
		err = j.remove()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("undo the changes (the next run tries again): %w", pathError(j.dir(), err))
	}
	return nil
}

// remove removes the hidden directory, then the journal.
func (j *journal) remove() error {
	err := os.RemoveAll(j.stage())
	if err == nil {
		err = removeLocked(j.lock, j.path)
	}
	syncDir(j.dir())
	return err
}

func (j *journal) undoFiles() error {
	changed, _, err := j.compare()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(j.dir())
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	files := j.Files
	if !slices.ContainsFunc(changed, func(name string) bool { return strings.HasPrefix(name, gitDir+"/") }) {
		files = slices.Concat(j.Repository, j.Files)
	}
	for _, f := range files {
		if data, err := root.ReadFile(f.Path); err != nil || sumOf(data) != f.Sum {
			continue
		}
		if err := j.restore(root, f); err != nil {
			return err
		}
	}
	// Longest path first, so that children go before their parents. A directory that is not empty stays.
	slices.SortFunc(j.Dirs, func(a, b string) int { return len(b) - len(a) })
	for _, d := range j.Dirs {
		_ = root.Remove(d)
	}
	return nil
}

// restore gives a file its original content in one step, or removes it if it did not exist.
func (j *journal) restore(root *os.Root, f journalFile) error {
	if !f.Replaces {
		return root.Remove(f.Path)
	}
	stage := filepath.Base(j.stage())
	if err := root.MkdirAll(stage, 0o700); err != nil {
		return err
	}
	restored := filepath.Join(stage, "restored-"+randomSuffix())
	if err := root.WriteFile(restored, f.Original, 0o666); err != nil {
		return err
	}
	if err := syncPath(filepath.Join(j.dir(), restored)); err != nil {
		return err
	}
	return root.Rename(restored, f.Path)
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
