package generator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
)

// Write puts the tree, and a repository with one commit, where target says. Whatever fails or is killed, the target is as
// it was or complete including the commit, apart from a hidden leftover that the next Write beside it or in it removes.
//
// Files and repository are made in a hidden directory beside the target, and one rename is the last step. Where a
// directory cannot be replaced, because it is the working directory, a mount point or holds a repository, it is filled in
// place with a journal, from which a failure or the next Write undoes what was done.
func Write(ctx context.Context, t Tree, target Target) (Result, error) {
	w := writer{ctx: ctx, tree: t, target: target}
	err := w.run()
	w.packing.Wait()
	if err != nil {
		return Result{}, fmt.Errorf("write: %w", err)
	}
	return w.result, nil
}

// writer is the state of one Write.
type writer struct {
	ctx    context.Context
	tree   Tree
	target Target
	site   site
	commit *commitPlan // nil when no repository is wanted
	result Result

	packing sync.WaitGroup // makes the objects while the files are written
	objects commitObjects
	packErr error
}

// reach is called before each step that changes the disk. It stops the run when the context is done.
func (w *writer) reach(step string) error {
	if err := w.ctx.Err(); err != nil {
		return context.Cause(w.ctx)
	}
	if w.target.fault != nil {
		return w.target.fault(step)
	}
	return nil
}

func (w *writer) run() error {
	if err := w.reach("begin"); err != nil {
		return err
	}
	s, removed, err := inspect(w.target.Dir)
	if err != nil {
		return err
	}
	w.site = s
	w.result = Result{Dir: s.dir, Removed: removed}
	if err := w.planCommit(); err != nil {
		return err
	}
	if w.site.inPlace {
		return w.fillInPlace()
	}
	err = w.replace()
	if errors.Is(err, errFillInPlace) {
		return w.fillInPlace()
	}
	return err
}

// planCommit decides whether there will be a repository, and what its first commit says.
func (w *writer) planCommit() error {
	if w.target.Repository == RepositoryNever {
		return nil
	}
	if w.site.repository == nil {
		enclosing := enclosingRepository(w.site.dir)
		if enclosing != "" && w.target.Repository == RepositoryAuto {
			w.result.Enclosing = enclosing
			return nil
		}
	}
	plan, err := newCommitPlan(w.target, w.site.repository)
	if err != nil {
		return err
	}
	w.commit = plan
	w.packing.Go(func() { w.objects, w.packErr = plan.objects(w.tree) })
	return nil
}

func (w *writer) committed() {
	w.result.Committed = true
	w.result.Commit = w.objects.id.String()
	w.result.Branch = w.commit.branch
	w.result.Author = w.commit.author.Name + " <" + w.commit.author.Email + ">"
	w.result.Fallback = w.commit.fallback
}

// errFillInPlace says that the target cannot be replaced by a rename, but may be filled.
var errFillInPlace = errors.New("fill in place")

// replace makes everything in a sibling of the target and renames it. On failure nothing stays, no parent either.
func (w *writer) replace() (err error) {
	parent, name := filepath.Split(w.site.dir)
	parent = filepath.Clean(parent)
	made, err := makeParents(parent)
	defer func() {
		if err != nil {
			for _, dir := range slices.Backward(made) {
				_ = os.Remove(dir) // fails, rightly, when somebody else put something there
			}
		}
	}()
	if err != nil {
		return place(w.site.dir, err)
	}
	if err := w.reach("parents"); err != nil {
		return err
	}
	w.result.Removed = append(w.result.Removed, removeSiblings(parent)...)

	stage, err := newStage(parent, name)
	switch {
	case err != nil && w.site.exists && (errors.Is(err, fs.ErrPermission) || isReadOnly(err)):
		return errFillInPlace
	case err != nil:
		return place(parent, err)
	}
	defer stage.remove()

	project := filepath.Join(stage.dir, "project")
	if err := w.makeProject(project, true); err != nil {
		return err
	}
	if w.commit != nil {
		w.committed()
	}
	if w.site.exists {
		if err := os.Chmod(project, w.site.mode); err != nil {
			return place(w.site.dir, err)
		}
	}
	if err := syncPath(project); err != nil {
		return place(w.site.dir, err)
	}
	if err := w.reach("rename"); err != nil {
		return err
	}
	switch err := renameOver(project, w.site.dir); {
	case isBusy(err):
		return errFillInPlace
	case err != nil && isNotEmpty(err):
		return fmt.Errorf("%s: something else was put there meanwhile", w.site.dir)
	case err != nil:
		return place(w.site.dir, err)
	}
	syncDir(parent)
	return nil
}

// makeProject makes the files and the repository below root, which it creates, with or without the index, and waits until
// what is in it is on the disk. It waits for the files while it makes the repository.
func (w *writer) makeProject(root string, indexed bool) error {
	paths, err := w.makeFiles(root)
	if err != nil {
		return err
	}
	synced := startSync(paths)
	err = w.makeRepository(root, indexed)
	if failed := synced(); err == nil && failed != nil {
		err = place(w.site.dir, failed)
	}
	return err
}

// makeRepository makes the repository with the commit below root, if one is wanted.
func (w *writer) makeRepository(root string, indexed bool) error {
	if w.commit == nil {
		return nil
	}
	if err := w.reach("repository"); err != nil {
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
	return placeIfAny(w.site.dir, err)
}

// makeFiles writes the tree below root, which it creates, and returns the paths of all that is in it.
func (w *writer) makeFiles(root string) (paths []string, err error) {
	if err := os.Mkdir(root, 0o777); err != nil {
		return nil, place(w.site.dir, err)
	}
	made := map[string]bool{".": true}
	var makeDir func(dir string) error
	makeDir = func(dir string) error {
		if made[dir] {
			return nil
		}
		made[dir] = true
		if err := makeDir(path.Dir(dir)); err != nil {
			return err
		}
		paths = append(paths, filepath.Join(root, filepath.FromSlash(dir)))
		return os.Mkdir(paths[len(paths)-1], 0o777)
	}
	for _, f := range w.tree {
		if err := w.reach("file"); err != nil {
			return nil, err
		}
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return nil, fmt.Errorf("%s: path %q leads out of it", w.site.dir, f.Path)
		}
		if err := makeDir(path.Dir(f.Path)); err != nil {
			return nil, place(w.site.dir, err)
		}
		paths = append(paths, filepath.Join(root, filepath.FromSlash(f.Path)))
		if err := os.WriteFile(paths[len(paths)-1], f.Data, 0o666); err != nil {
			return nil, place(w.site.dir, err)
		}
	}
	return paths, nil
}

// makeParents creates the directories that are missing, and returns those it created, outermost first.
func makeParents(dir string) (made []string, err error) {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || !errors.Is(err, fs.ErrNotExist) || d == filepath.Dir(d) {
			break
		}
		missing = append(missing, d)
	}
	for _, d := range slices.Backward(missing) {
		if err := os.Mkdir(d, 0o777); err != nil {
			return made, err
		}
		made = append(made, d)
	}
	return made, nil
}

// place gives an error of the file system the place that was asked for: the paths of the temporary files that it names
// would only confuse.
func place(dir string, err error) error {
	var onPath *fs.PathError
	var onLink *os.LinkError
	switch {
	case errors.As(err, &onPath):
		err = onPath.Err
	case errors.As(err, &onLink):
		err = onLink.Err
	}
	return fmt.Errorf("%s: %w", dir, err)
}
