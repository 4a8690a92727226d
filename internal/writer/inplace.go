package writer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/generator"
)

// fillInPlace writes the project into a directory that cannot be replaced. It creates the project in a hidden directory
// inside the target, writes the moves to a journal, then moves the files. The last step removes the journal. Before
// that, a failure or the next run undoes every move.
func (w *writer) fillInPlace() (err error) {
	dir := w.dest.dir
	j, err := newJournal(dir)
	if err != nil {
		return pathError(dir, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.undo())
		}
		j.close()
	}()
	if err := w.begin("stage"); err != nil {
		return err
	}
	if err := os.Mkdir(j.stage(), 0o700); err != nil {
		return pathError(dir, err)
	}
	project := filepath.Join(j.stage(), "project")
	if err := w.createProject(project, false); err != nil {
		return err
	}
	if err := w.plan(j, project); err != nil {
		return pathError(dir, err)
	}
	if err := w.move(j, project); err != nil {
		return err
	}
	if err := os.RemoveAll(j.stage()); err != nil {
		return pathError(dir, err)
	}
	syncDir(dir)
	if err := w.begin("finish"); err != nil {
		return err
	}
	if err := removeLocked(j.lock, j.path); err != nil {
		return pathError(dir, err)
	}
	syncDir(dir)
	if w.commit != nil {
		w.recordCommit()
	}
	return nil
}

// plan writes every change that move will make to the journal.
func (w *writer) plan(j *journal, project string) error {
	created := map[string]bool{".": true}
	for _, f := range w.tree {
		for d := path.Dir(f.Path); !created[d]; d = path.Dir(d) {
			created[d] = true
			j.Dirs = append(j.Dirs, d)
		}
		if s := w.dest.starter(f.Path); s == nil {
			j.Files = append(j.Files, journalFile{Path: f.Path, Sum: sumOf(f.Data)})
		} else if !s.same(f) {
			j.Files = append(j.Files, journalFile{Path: f.Path, Sum: sumOf(f.Data), Original: s.raw, Replaces: true})
		}
	}
	if w.commit != nil {
		if err := w.planRepository(j, filepath.Join(project, gitDir)); err != nil {
			return err
		}
	}
	if err := j.recordBefore(); err != nil {
		return err
	}
	return j.write()
}

// planRepository lists the files that move adds to the repository, the branch first: it must not point to a commit without
// objects.
func (w *writer) planRepository(j *journal, created string) error {
	names := []string{path.Join("refs/heads", w.commit.branch), "index"}
	err := fs.WalkDir(os.DirFS(created), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
		case entry.IsDir() && w.dest.repository == nil:
			j.Dirs = append(j.Dirs, path.Join(gitDir, name))
		case !entry.IsDir() && name != names[0] && (w.dest.repository == nil || path.Dir(name) == "objects/pack"):
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		f := journalFile{Path: path.Join(gitDir, name)}
		data, err := os.ReadFile(filepath.Join(created, filepath.FromSlash(name)))
		switch {
		case err == nil:
			f.Sum = sumOf(data)
		case !errors.Is(err, fs.ErrNotExist): // the index does not exist yet
			return err
		}
		f.Original, err = os.ReadFile(filepath.Join(w.dest.dir, filepath.FromSlash(f.Path)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		f.Replaces = err == nil
		j.Repository = append(j.Repository, f)
	}
	return nil
}

// move moves the files, then the repository. The index needs the stat data of the moved files.
func (w *writer) move(j *journal, project string) error {
	dir := w.dest.dir
	entries, err := os.ReadDir(project)
	if err != nil {
		return pathError(dir, err)
	}
	for _, e := range entries {
		if e.Name() == gitDir {
			continue
		}
		if err := w.begin("move"); err != nil {
			return err
		}
		to := filepath.Join(dir, e.Name())
		if s := w.dest.starter(e.Name()); s != nil {
			if !sameContent(to, sumOf(s.raw)) {
				return fmt.Errorf("%s: another process changed it during this run; run the command again", to)
			}
			if f, _ := w.tree.Lookup(e.Name()); s.same(generator.File{Data: f}) {
				continue
			}
		} else if _, err := os.Lstat(to); err == nil {
			return fmt.Errorf("%s: another process created it during this run; remove it, or choose another directory", to)
		}
		if err := os.Rename(filepath.Join(project, e.Name()), to); err != nil {
			return pathError(dir, err)
		}
	}
	if w.commit == nil {
		return nil
	}
	from, to := filepath.Join(project, gitDir), filepath.Join(dir, gitDir)
	if err := writeIndex(from, dir, w.tree, w.objects.blobs); err != nil {
		return pathError(dir, err)
	}
	if err := syncPath(filepath.Join(from, "index")); err != nil {
		return pathError(dir, err)
	}
	index, err := os.ReadFile(filepath.Join(from, "index"))
	if err != nil {
		return pathError(dir, err)
	}
	j.Repository[1].Sum = sumOf(index)
	if err := j.write(); err != nil {
		return pathError(dir, err)
	}
	if err := w.begin("move repository"); err != nil {
		return err
	}
	if w.dest.repository == nil {
		return pathError(dir, os.Rename(from, to))
	}
	return w.adopt(j, from, to)
}

// adopt moves the commit from the new repository into the existing one. It moves the branch last, so that the branch
// never points to a commit without objects.
func (w *writer) adopt(j *journal, created, existing string) error {
	for _, f := range slices.Backward(j.Repository) {
		if err := w.begin("adopt"); err != nil {
			return err
		}
		name := filepath.FromSlash(strings.TrimPrefix(f.Path, gitDir+"/"))
		from, to := filepath.Join(created, name), filepath.Join(existing, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return pathError(w.dest.dir, err)
		}
		if err := os.Rename(from, to); err != nil {
			return pathError(w.dest.dir, err)
		}
		syncDir(filepath.Dir(to))
	}
	return nil
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// sameContent reports whether the file has the SHA-256 sum.
func sameContent(file, sum string) bool {
	data, err := os.ReadFile(file)
	return err == nil && sumOf(data) == sum
}
