package writer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/acton-go/acton-new/internal/generator"
)

// Write writes the tree to the target, with a repository and a first commit. If Write fails or is killed, the target is
// either unchanged or complete. A hidden leftover may remain; the next Write to the same place removes it.
//
// Write creates the files and the repository in a hidden directory next to the target, and renames it in the last step.
// It cannot replace the working directory, a mount point or a directory with a repository. It fills such a directory in
// place and keeps a journal, from which a failure or the next Write undoes the changes. The next Write keeps the files if the
// project is complete, or if the user has changed anything in the directory.
func Write(ctx context.Context, t generator.Tree, target Target) (Result, error) {
	return write(ctx, t, target, nil)
}

// write is Write with a function that it calls before each step that changes the disk. Tests inject errors with it.
func write(ctx context.Context, t generator.Tree, target Target, fault func(step string) error) (Result, error) {
	w := writer{ctx: ctx, tree: t, target: target, fault: fault}
	err := w.run()
	w.packing.Wait()
	if err != nil {
		return Result{}, fmt.Errorf("write: %w", err)
	}
	return w.result, nil
}

// Check returns the directory, the tree and the existing files of the result of Write, and the error that Write would return
// before it changes the disk. It changes nothing.
func Check(t generator.Tree, target Target) (Result, error) {
	w := writer{tree: t, target: target}
	if err := w.prepare(ignoreKilledRuns); err != nil {
		return Result{}, fmt.Errorf("write: %w", err)
	}
	return w.result, nil
}

// CheckTarget returns the error that Write would return because of what is in the target directory. It changes nothing.
func CheckTarget(target Target) error {
	_, _, err := inspect(target, ignoreKilledRuns)
	return err
}

// prepare inspects the target and plans what to write.
func (w *writer) prepare(undo func(dir string) ([]string, error)) (err error) {
	dest, removed, err := inspect(w.target, undo)
	defer func() {
		if err != nil && len(removed) > 0 {
			err = fmt.Errorf("%w; removed %s, left by an interrupted run", err, strings.Join(removed, ", "))
		}
	}()
	if err != nil {
		return err
	}
	w.dest = dest
	w.result = Result{Dir: dest.dir, Removed: removed}
	w.tree, w.result.Existing = merge(w.tree, dest.starters)
	w.result.Tree = w.tree
	if err := w.planCommit(); err != nil {
		return err
	}
	return w.dest.checkWritable()
}

// writer is the state of one Write.
type writer struct {
	ctx    context.Context
	tree   generator.Tree
	target Target
	fault  func(step string) error // nil, except in tests
	dest   destination
	commit *commitPlan // nil without a repository
	result Result

	packing sync.WaitGroup // creates the objects in parallel with the files
	objects commitObjects
	packErr error
}

// begin is called before each step that changes the disk. It returns an error if the context is done.
func (w *writer) begin(step string) error {
	if err := w.ctx.Err(); err != nil {
		return context.Cause(w.ctx)
	}
	if w.fault != nil {
		return w.fault(step)
	}
	return nil
}

func (w *writer) run() error {
	if err := w.begin("inspect"); err != nil {
		return err
	}
	unlock, err := lockTarget(w.target.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := w.prepare(undoKilledRuns); err != nil {
		return err
	}
	if plan := w.commit; plan != nil {
		w.packing.Go(func() { w.objects, w.packErr = plan.objects(w.tree) })
	}
	if w.dest.inPlace {
		return w.fillInPlace()
	}
	err = w.replace()
	if errors.Is(err, errFillInPlace) {
		return w.fillInPlace()
	}
	return err
}

// planCommit decides whether to create a repository, and plans its first commit.
func (w *writer) planCommit() error {
	if w.dest.repository == nil && w.target.Repository != RepositoryAlways {
		w.result.Enclosing = Enclosing(w.dest.dir)
	}
	if w.target.Repository == RepositoryNever || w.result.Enclosing != "" {
		return nil
	}
	plan, err := newCommitPlan(w.target, w.dest.dir, w.dest.repository)
	if err != nil {
		return err
	}
	w.commit = plan
	return nil
}

func (w *writer) recordCommit() {
	w.result.Committed = true
	w.result.Commit = w.objects.id.String()
	w.result.Branch = w.commit.branch
	w.result.Author = w.commit.author.Name + " <" + w.commit.author.Email + ">"
	w.result.Fallback = w.commit.fallback
	w.result.Unsigned = w.commit.unsigned
	w.result.Untrusted = !isTrusted(w.dest.dir)
}

// errFillInPlace means that a rename cannot replace the target, but the target can be filled in place.
var errFillInPlace = errors.New("fill in place")

// replace creates the project next to the target and renames it. On failure it removes the parents that it created.
func (w *writer) replace() (err error) {
	parent, name := filepath.Split(w.dest.dir)
	parent = filepath.Clean(parent)
	created, err := createParents(parent)
	defer func() {
		if err != nil {
			for _, dir := range slices.Backward(created) {
				_ = os.Remove(dir) // fails if another process has added a file
			}
		}
	}()
	if err != nil {
		return pathError(w.dest.dir, err)
	}
	if err := w.begin("parents"); err != nil {
		return err
	}
	w.result.Removed = append(w.result.Removed, removeStaleStages(parent)...)

	stage, err := newStage(parent, name)
	switch {
	case err != nil && w.dest.exists && (errors.Is(err, fs.ErrPermission) || isReadOnly(err)):
		return errFillInPlace
	case err != nil:
		return pathError(parent, err)
	}
	defer stage.remove()

	project := filepath.Join(stage.dir, "project")
	if err := w.createProject(project, true); err != nil {
		return err
	}
	if w.commit != nil {
		w.recordCommit()
	}
	if w.dest.exists && !becomes(project, w.dest.info) {
		return errFillInPlace // which keeps the directory with its mode and owner
	}
	if err := syncPath(project); err != nil {
		return pathError(w.dest.dir, err)
	}
	if err := w.begin("rename"); err != nil {
		return err
	}
	switch err := renameOver(project, w.dest.dir); {
	case isBusy(err):
		return errFillInPlace
	case err != nil && isNotEmpty(err):
		return fmt.Errorf("%s: another process created it during this run; remove it, or choose another directory",
			w.dest.dir)
	case err != nil:
		return pathError(w.dest.dir, err)
	}
	syncDir(parent)
	return nil
}

// becomes sets the permissions of a directory to those of another, and reports whether it then has the same mode and owner.
func becomes(dir string, like fs.FileInfo) bool {
	info, err := os.Stat(dir)
	if err == nil && info.Mode() != like.Mode() {
		_ = os.Chmod(dir, like.Mode().Perm())
		info, err = os.Stat(dir)
	}
	return err == nil && info.Mode() == like.Mode() && sameOwner(info, like)
}

// createProject creates the directory root with the files and the repository, and syncs them to disk. It syncs the
// files in parallel with the creation of the repository. indexed determines whether to write the index.
func (w *writer) createProject(root string, indexed bool) error {
	paths, err := w.writeFiles(root)
	if err != nil {
		return err
	}
	wait := startSync(paths)
	err = w.createRepository(root, indexed)
	if syncErr := wait(); err == nil {
		err = pathError(w.dest.dir, syncErr)
	}
	return err
}

// createRepository creates the repository with the commit in root, unless the target has no repository.
func (w *writer) createRepository(root string, indexed bool) error {
	if w.commit == nil {
		return nil
	}
	if err := w.begin("repository"); err != nil {
		return err
	}
	w.packing.Wait()
	err := w.packErr
	if err == nil {
		err = w.commit.create(root, w.objects)
	}
	git := filepath.Join(root, gitDir)
	if err == nil && indexed {
		err = writeIndex(git, root, w.tree, w.objects.blobs)
	}
	if err == nil {
		err = syncTree(git)
	}
	return pathError(w.dest.dir, err)
}

// writeFiles creates the directory root with the tree, and returns the paths of all files and directories.
func (w *writer) writeFiles(root string) (paths []string, err error) {
	if err := os.Mkdir(root, 0o777); err != nil {
		return nil, pathError(w.dest.dir, err)
	}
	created := map[string]bool{".": true}
	var createDir func(dir string) error
	createDir = func(dir string) error {
		if created[dir] {
			return nil
		}
		created[dir] = true
		if err := createDir(path.Dir(dir)); err != nil {
			return err
		}
		paths = append(paths, filepath.Join(root, filepath.FromSlash(dir)))
		return os.Mkdir(paths[len(paths)-1], 0o777)
	}
	for _, f := range w.tree {
		if err := w.begin("file"); err != nil {
			return nil, err
		}
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return nil, fmt.Errorf("%s: path %q is outside the target directory", w.dest.dir, f.Path)
		}
		if err := createDir(path.Dir(f.Path)); err != nil {
			return nil, pathError(w.dest.dir, err)
		}
		paths = append(paths, filepath.Join(root, filepath.FromSlash(f.Path)))
		if err := os.WriteFile(paths[len(paths)-1], f.Data, 0o666); err != nil {
			return nil, pathError(w.dest.dir, err)
		}
	}
	return paths, nil
}

// createParents creates the missing directories of a path, and returns those that it created, outermost first.
func createParents(dir string) (created []string, err error) {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || !errors.Is(err, fs.ErrNotExist) || d == filepath.Dir(d) {
			break
		}
		missing = append(missing, d)
	}
	for _, d := range slices.Backward(missing) {
		if err := os.Mkdir(d, 0o777); err != nil {
			return created, err
		}
		created = append(created, d)
	}
	return created, nil
}

// pathError replaces the path in a file system error with dir: the original path may be that of a temporary file, which
// the user does not know. It returns nil if err is nil.
func pathError(dir string, err error) error {
	if err == nil {
		return nil
	}
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		err = pathErr.Err
	case errors.As(err, &linkErr):
		err = linkErr.Err
	}
	return fmt.Errorf("%s: %w", dir, err)
}
