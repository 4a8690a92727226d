package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/memory"
)

// repository is one that has no commit yet, such as the clone of an empty one.
type repository struct {
	branch string         // the branch that HEAD names
	config *config.Config // its own settings
}

// openEmptyRepository looks at the repository in dir, and refuses one that holds anything.
func openEmptyRepository(dir string) (*repository, error) {
	const wayOut = "choose another place with --dir"
	if info, err := os.Lstat(filepath.Join(dir, gitDir)); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s: holds a %s that is not a repository of its own: %s", dir, gitDir, wayOut)
	}
	repo, err := git.PlainOpen(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: repository: %w: %s, or use --no-git", dir, err, wayOut)
	}
	cfg, err := repo.Config()
	if err != nil {
		return nil, fmt.Errorf("%s: repository: %w: %s", dir, err, wayOut)
	}
	head, err := repo.Storer.Reference(plumbing.HEAD)
	if err != nil || head.Type() != plumbing.SymbolicReference || !head.Target().IsBranch() {
		return nil, fmt.Errorf("%s: the repository is on no branch: %s", dir, wayOut)
	}
	refs, err := repo.Storer.IterReferences()
	if err != nil {
		return nil, fmt.Errorf("%s: repository: %w", dir, err)
	}
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		if ref.Type() == plumbing.HashReference {
			return fmt.Errorf("%s: the repository has commits already: %s", dir, wayOut)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	idx, err := repo.Storer.Index()
	if err != nil {
		return nil, fmt.Errorf("%s: repository: %w", dir, err)
	}
	if len(idx.Entries) > 0 {
		return nil, fmt.Errorf("%s: the repository has staged files: %s", dir, wayOut)
	}
	return &repository{branch: head.Target().Short(), config: cfg}, nil
}

// create makes a repository in dir with the tree as its only commit, and returns the commit's id. The objects go into one
// pack; nothing is read back from the disk. The index is not written: see writeIndex.
func (p *commitPlan) create(dir string, t Tree) (string, error) {
	repo, err := git.PlainInitWithOptions(dir, &git.PlainInitOptions{
		InitOptions: git.InitOptions{DefaultBranch: plumbing.NewBranchReferenceName(p.branch)},
	})
	if err != nil {
		return "", err
	}
	objects := memory.NewStorage()
	root, err := storeTrees(objects, t)
	if err != nil {
		return "", err
	}
	commit := &object.Commit{Author: p.author, Committer: p.committer, Message: p.message, TreeHash: root}
	id, err := store(objects, commit)
	if err != nil {
		return "", err
	}
	storer, ok := repo.Storer.(*filesystem.Storage)
	if !ok {
		return "", errors.New("the repository is not in files")
	}
	if err := writePack(storer, objects); err != nil {
		return "", err
	}
	branch := plumbing.NewHashReference(plumbing.NewBranchReferenceName(p.branch), id)
	return id.String(), storer.SetReference(branch)
}

// writePack copies every object into one pack file with its index.
func writePack(storer *filesystem.Storage, objects *memory.Storage) error {
	hashes := make([]plumbing.Hash, 0, len(objects.Objects))
	for hash := range objects.Objects {
		hashes = append(hashes, hash)
	}
	plumbing.HashesSort(hashes)
	pack, err := storer.PackfileWriter()
	if err != nil {
		return err
	}
	_, err = packfile.NewEncoder(pack, objects, false).Encode(hashes, 0)
	return errors.Join(err, pack.Close())
}

// storeTrees stores every file and directory, and returns the root.
func storeTrees(objects *memory.Storage, t Tree) (plumbing.Hash, error) {
	directories := map[string]*object.Tree{"": {}}
	var at func(dir string) *object.Tree
	at = func(dir string) *object.Tree {
		if dir == "." {
			dir = ""
		}
		if directories[dir] == nil {
			directories[dir] = &object.Tree{}
			at(path.Dir(dir))
		}
		return directories[dir]
	}
	for _, f := range t {
		blob := objects.NewEncodedObject()
		blob.SetType(plumbing.BlobObject)
		w, err := blob.Writer()
		if err != nil {
			return plumbing.ZeroHash, err
		}
		if _, err := w.Write(f.Data); err != nil {
			return plumbing.ZeroHash, err
		}
		hash, err := objects.SetEncodedObject(blob)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		parent := at(path.Dir(f.Path))
		parent.Entries = append(parent.Entries, object.TreeEntry{Name: path.Base(f.Path), Mode: filemode.Regular, Hash: hash})
	}

	// Deepest first, because a directory names its children by their hash.
	names := make([]string, 0, len(directories))
	for name := range directories {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return len(names[i]) > len(names[j]) })
	for _, name := range names {
		tree := directories[name]
		sort.Sort(object.TreeEntrySorter(tree.Entries))
		hash, err := store(objects, tree)
		if err != nil || name == "" {
			return hash, err
		}
		parent := at(path.Dir(name))
		parent.Entries = append(parent.Entries, object.TreeEntry{Name: path.Base(name), Mode: filemode.Dir, Hash: hash})
	}
	return plumbing.ZeroHash, errors.New("a tree without root")
}

func store(objects *memory.Storage, o interface {
	Encode(plumbing.EncodedObject) error
}) (plumbing.Hash, error) {
	encoded := objects.NewEncodedObject()
	if err := o.Encode(encoded); err != nil {
		return plumbing.ZeroHash, err
	}
	return objects.SetEncodedObject(encoded)
}

// writeIndex writes the index of a work tree that holds exactly the tree, so that git sees it as unchanged.
func writeIndex(git, workTree string, t Tree) (err error) {
	idx := &index.Index{Version: 2}
	for _, f := range t {
		info, err := os.Lstat(filepath.Join(workTree, filepath.FromSlash(f.Path)))
		if err != nil {
			return err
		}
		e := &index.Entry{
			Name: f.Path, Mode: filemode.Regular, Hash: plumbing.ComputeHash(plumbing.BlobObject, f.Data),
			ModifiedAt: info.ModTime(), Size: uint32(info.Size()),
		}
		fillStat(e, info)
		idx.Entries = append(idx.Entries, e)
	}
	out, err := os.OpenFile(filepath.Join(git, "index"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fs.FileMode(0o666))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return index.NewEncoder(out).Encode(idx)
}
