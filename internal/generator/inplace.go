package generator

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// fillInPlace fills a directory that cannot be replaced. Everything is first made in a hidden directory inside; then a
// journal says what will be moved; then it is moved. Until the journal is removed, which is the last step, a failure or
// the next run undoes all of it.
func (w *writer) fillInPlace() (err error) {
	dir := w.site.dir
	j, err := newJournal(dir)
	if err != nil {
		return place(dir, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.undo())
		}
		j.close()
	}()
	if err := w.reach("stage"); err != nil {
		return err
	}
	if err := os.Mkdir(j.stage(), 0o700); err != nil {
		return place(dir, err)
	}
	project := filepath.Join(j.stage(), "project")
	if err := w.makeProject(project, false); err != nil {
		return err
	}
	if err := w.plan(j, project); err != nil {
		return place(dir, err)
	}
	if err := w.move(j, project); err != nil {
		return err
	}
	if err := os.RemoveAll(j.stage()); err != nil {
		return place(dir, err)
	}
	syncDir(dir)
	if err := w.reach("finish"); err != nil {
		return err
	}
	if err := removeLocked(j.lock, j.path); err != nil {
		return place(dir, err)
	}
	syncDir(dir)
	if w.commit != nil {
		w.committed()
	}
	return nil
}

// plan writes down everything that move will do.
func (w *writer) plan(j *journal, project string) error {
	made := map[string]bool{".": true}
	for _, f := range w.tree {
		for d := path.Dir(f.Path); !made[d]; d = path.Dir(d) {
			made[d] = true
			j.Dirs = append(j.Dirs, d)
		}
		j.Files = append(j.Files, journalFile{Path: f.Path, Sum: sumOf(f.Data)})
	}
	switch {
	case w.commit == nil:
	case w.site.repository == nil:
		j.Repository = &journalRepository{Branch: w.commit.branch, Commit: w.objects.id.String()}
	default:
		packs, err := packFiles(project)
		if err != nil {
			return err
		}
		j.Adopted = &journalAdoption{Branch: w.commit.branch, Commit: w.objects.id.String(), Files: packs}
	}
	return j.write()
}

// packFiles lists the pack and its index, relative to the repository.
func packFiles(project string) ([]string, error) {
	var files []string
	entries, err := os.ReadDir(filepath.Join(project, gitDir, "objects", "pack"))
	for _, e := range entries {
		files = append(files, path.Join("objects/pack", e.Name()))
	}
	return files, err
}

// move puts everything in its place: the files first, then the repository, whose index says how the files are there.
func (w *writer) move(j *journal, project string) error {
	dir := w.site.dir
	entries, err := os.ReadDir(project)
	if err != nil {
		return place(dir, err)
	}
	for _, e := range entries {
		if e.Name() == gitDir {
			continue
		}
		if err := w.reach("move"); err != nil {
			return err
		}
		to := filepath.Join(dir, e.Name())
		if _, err := os.Lstat(to); err == nil {
			return fmt.Errorf("%s: something else was put there meanwhile", to)
		}
		if err := os.Rename(filepath.Join(project, e.Name()), to); err != nil {
			return place(dir, err)
		}
	}
	if w.commit == nil {
		return nil
	}
	made, kept := filepath.Join(project, gitDir), filepath.Join(dir, gitDir)
	if err := writeIndex(made, dir, w.tree, w.objects.blobs); err != nil {
		return place(dir, err)
	}
	if err := syncPath(filepath.Join(made, "index")); err != nil {
		return place(dir, err)
	}
	if err := w.reach("move repository"); err != nil {
		return err
	}
	if j.Repository != nil {
		return placeIfAny(dir, os.Rename(made, kept))
	}
	return w.adopt(j, made, kept)
}

// adopt moves the commit from the repository that was made into the one that is there. The branch comes last, so that it
// never names a commit without its objects.
func (w *writer) adopt(j *journal, made, kept string) error {
	data, err := os.ReadFile(filepath.Join(made, "index"))
	if err != nil {
		return place(w.site.dir, err)
	}
	j.Adopted.Index = sumOf(data)
	if err := j.write(); err != nil {
		return place(w.site.dir, err)
	}
	for _, name := range append(slices.Clone(j.Adopted.Files), "index", path.Join("refs/heads", w.commit.branch)) {
		if err := w.reach("adopt"); err != nil {
			return err
		}
		from, to := filepath.Join(made, filepath.FromSlash(name)), filepath.Join(kept, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return place(w.site.dir, err)
		}
		if err := os.Rename(from, to); err != nil {
			return place(w.site.dir, err)
		}
		syncDir(filepath.Dir(to))
	}
	return nil
}

func placeIfAny(dir string, err error) error {
	if err == nil {
		return nil
	}
	return place(dir, err)
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// sameContent tells whether the file holds what the sum says.
func sameContent(file, sum string) bool {
	data, err := os.ReadFile(file)
	return err == nil && sumOf(data) == sum
}

// pointsTo tells whether the branch in the repository is at the commit.
func pointsTo(git, branch, commit string) bool {
	data, err := os.ReadFile(filepath.Join(git, "refs", "heads", filepath.FromSlash(branch)))
	return err == nil && strings.TrimSpace(string(data)) == commit
}
