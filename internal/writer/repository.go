package writer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/gitconfig"
)

// repository is an existing repository without a commit or with starters only, such as the clone of a new repository.
type repository struct {
	branch string        // the branch of HEAD
	parent plumbing.Hash // its commit; zero if there is none
}

// hintWithoutGit ends an error about a repository to which acton-new cannot commit.
const hintWithoutGit = "choose another directory with --dir, or add --no-git and commit the files yourself"

// storage is a repository without its settings. go-git parses them less well than gitconfig, and rejects extensions that do
// not matter for a commit.
type storage struct{ *filesystem.Storage }

func (storage) Config() (*config.Config, error) { return config.NewConfig(), nil }

// harmless are the extensions of a repository that do not change how a commit is stored, with the value that is allowed.
// The value of most of them does not matter.
var harmless = map[string]string{
	"noop": "", "noop-v1": "", "partialclone": "", "preciousobjects": "", "relativeworktrees": "", "worktreeconfig": "",
	"objectformat": "sha1", "refstorage": "files",
}

// checkSettings returns an error if git does not accept its settings in dir. Without them, the commit would be another one.
func checkSettings(dir string) error {
	if err := gitconfig.Check(filepath.Join(dir, gitDir), os.Getenv); err != nil {
		return fmt.Errorf("%s: read the settings of git: %w; correct the file, %s", dir, err, hintWithoutGit)
	}
	return nil
}

// open opens the repository in dir. It rejects a repository that is elsewhere or that go-git cannot write.
func open(dir string) (*git.Repository, error) {
	dotGit := filepath.Join(dir, gitDir)
	if info, err := os.Lstat(dotGit); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s: a linked work tree or a submodule, with the repository in %s; %s", dir, gitconfig.Dir(dir), hintWithoutGit)
	}
	if err := checkSettings(dir); err != nil {
		return nil, err
	}
	settings := gitconfig.ReadRepository(dotGit, os.Getenv)
	if settings.Bool("core.bare") {
		return nil, fmt.Errorf("%s: the repository is bare, so it has no files; choose one of its work trees with --dir, or another directory", dir)
	}
	for _, s := range settings {
		extension, isExtension := strings.CutPrefix(s.Key, "extensions.")
		want, isHarmless := harmless[extension]
		if isExtension && (!isHarmless || want != "" && s.Value != want) || s.Key == "core.worktree" {
			return nil, fmt.Errorf("%s: the repository has %s = %s, which acton-new does not support; %s", dir, s.Key, s.Value, hintWithoutGit)
		}
	}
	if lock := lockOfGit(dotGit); lock != "" {
		return nil, fmt.Errorf("%s: git holds the lock %s; wait until git ends, remove the file if no git is running, %s", dir, lock, hintWithoutGit)
	}
	// The objects of a clone with --shared are elsewhere.
	options := filesystem.Options{AlternatesFS: osfs.New(filepath.VolumeName(dotGit) + string(filepath.Separator))}
	repo, err := git.Open(storage{filesystem.NewStorageWithOptions(osfs.New(dotGit), cache.NewObjectLRUDefault(), options)}, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot read the repository: %w; %s", dir, err, hintWithoutGit)
	}
	return repo, nil
}

// lockOfGit returns a file with which a running git locks the repository, or one that was killed, or "".
func lockOfGit(dotGit string) (lock string) {
	_ = filepath.WalkDir(dotGit, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil: // opening the repository reports it
			return filepath.SkipDir
		case entry.IsDir() && filepath.Dir(file) == dotGit && entry.Name() != "refs":
			return filepath.SkipDir
		case strings.HasSuffix(file, ".lock") && !entry.IsDir():
			lock = file
			return filepath.SkipAll
		}
		return nil
	})
	return lock
}

// openNewRepository opens the repository in dir, and notes in the starters how git stores them. It rejects a repository that
// has staged files or a commit with anything else than the starters.
func openNewRepository(dir string, starters []starter) (*repository, error) {
	const hint = hintWithoutGit
	repo, err := open(dir)
	if err != nil {
		return nil, err
	}
	head, err := repo.Storer.Reference(plumbing.HEAD)
	if err != nil || head.Type() != plumbing.SymbolicReference || !head.Target().IsBranch() {
		return nil, fmt.Errorf("%s: the HEAD of the repository is detached; %s", dir, hint)
	}
	opened := &repository{branch: head.Target().Short()}
	refs, err := repo.Storer.IterReferences()
	if err != nil {
		return nil, fmt.Errorf("%s: list the branches of the repository: %w; %s", dir, err, hint)
	}
	commits := false
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		commits = commits || ref.Type() == plumbing.HashReference
		if ref.Name() == head.Target() {
			opened.parent = ref.Hash()
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: list the branches of the repository: %w; %s", dir, err, hint)
	case commits && opened.parent.IsZero():
		return nil, fmt.Errorf("%s: the repository has commits, but none on %s; %s", dir, opened.branch, hint)
	case commits:
		if err := checkCommitted(repo, opened.parent, dir, starters); err != nil {
			return nil, err
		}
	default:
		settings := gitconfig.Read(filepath.Join(dir, gitDir), os.Getenv)
		for i := range starters {
			if settings.Bool("core.autocrlf") || strings.EqualFold(settings.Get("core.autocrlf"), "input") {
				starters[i].text = withLF(starters[i].raw)
			}
		}
	}
	idx, err := repo.Storer.Index()
	if errors.Is(err, index.ErrUnknownExtension) {
		return nil, fmt.Errorf("%s: the index of the repository is split or sparse; run git update-index --no-split-index "+
			"or git sparse-checkout disable, %s", dir, hint)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: read the index of the repository: %w; %s", dir, err, hint)
	}
	for _, e := range idx.Entries {
		if commits && slices.ContainsFunc(starters, func(s starter) bool { return s.path == e.Name && s.isCommitted(e.Hash) }) {
			continue
		}
		return nil, fmt.Errorf("%s: the repository has staged files; %s", dir, hint)
	}
	return opened, nil
}

// commitObjects holds the packed objects of the first commit.
type commitObjects struct {
	id    plumbing.Hash   // ID of the commit
	blobs []plumbing.Hash // IDs of the files, in the order of the tree
	pack  pack
}

// objects creates every object of the commit in memory. It does not touch the disk, so it can run in parallel with the
// writing of the files.
func (p *commitPlan) objects(t generator.Tree) (commitObjects, error) {
	packer := newPacker()
	objects := commitObjects{blobs: make([]plumbing.Hash, len(t))}
	for i, f := range t {
		var err error
		if objects.blobs[i], err = packer.add(plumbing.BlobObject, f.Data); err != nil {
			return commitObjects{}, err
		}
	}
	root, err := packTrees(packer, t, objects.blobs)
	if err != nil {
		return commitObjects{}, err
	}
	commit := &object.Commit{Author: p.author, Committer: p.committer, Message: p.message, TreeHash: root}
	if !p.parent.IsZero() {
		commit.ParentHashes = []plumbing.Hash{p.parent}
	}
	if objects.id, err = packer.encode(commit); err != nil {
		return commitObjects{}, err
	}
	objects.pack, err = packer.finish()
	return objects, err
}

// create creates a repository in dir with the commit, as git init does. go-git would lock the files, which some file systems
// do not support. create does not write the index; writeIndex does.
func (p *commitPlan) create(dir string, objects commitObjects) error {
	git := filepath.Join(dir, gitDir)
	branch := path.Join("refs/heads", p.branch)
	for _, sub := range []string{"objects/info", "refs/tags", path.Dir(branch)} {
		if err := os.MkdirAll(filepath.Join(git, filepath.FromSlash(sub)), 0o777); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"HEAD":   "ref: " + branch + "\n",
		"config": "",
		branch:   objects.id.String() + "\n",
	} {
		if err := os.WriteFile(filepath.Join(git, filepath.FromSlash(name)), []byte(text), 0o666); err != nil {
			return err
		}
	}
	config := filepath.Join(git, "config")
	if err := os.WriteFile(config, repositoryConfig(config), 0o666); err != nil {
		return err
	}
	return objects.pack.write(filepath.Join(git, "objects", "pack"))
}

// repositoryConfig returns the settings of a new repository. Like git init, it tries with the empty file what the file
// system can do, and sets what differs from git's defaults.
func repositoryConfig(file string) []byte {
	text := fmt.Sprintf("[core]\n\trepositoryformatversion = 0\n\tfilemode = %t\n\tbare = false\n\tlogallrefupdates = true\n", keepsModes(file))
	if exists(filepath.Join(filepath.Dir(file), "CoNfIg")) {
		text += "\tignorecase = true\n"
	}
	link := filepath.Join(filepath.Dir(file), "link")
	if err := os.Symlink("config", link); err != nil || os.Remove(link) != nil {
		text += "\tsymlinks = false\n"
	}
	return []byte(text)
}

// keepsModes reports whether the file system stores which files are executable. The file is not executable.
func keepsModes(file string) bool {
	before, err := os.Stat(file)
	if err != nil || before.Mode()&0o100 != 0 || os.Chmod(file, before.Mode()|0o100) != nil {
		return false
	}
	after, err := os.Stat(file)
	return err == nil && after.Mode() != before.Mode() && os.Chmod(file, before.Mode()) == nil
}

// packTrees packs every directory, and returns the ID of the root.
func packTrees(p *packer, t generator.Tree, blobs []plumbing.Hash) (plumbing.Hash, error) {
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
	for i, f := range t {
		parent := at(path.Dir(f.Path))
		parent.Entries = append(parent.Entries, object.TreeEntry{Name: path.Base(f.Path), Mode: filemode.Regular, Hash: blobs[i]})
	}

	// Longest path first, because a tree object contains the hashes of its children.
	names := slices.SortedFunc(maps.Keys(directories), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	for _, name := range names {
		tree := directories[name]
		sort.Sort(object.TreeEntrySorter(tree.Entries))
		hash, err := p.encode(tree)
		if err != nil || name == "" {
			return hash, err
		}
		parent := at(path.Dir(name))
		parent.Entries = append(parent.Entries, object.TreeEntry{Name: path.Base(name), Mode: filemode.Dir, Hash: hash})
	}
	return plumbing.ZeroHash, errors.New("pack trees: no root directory")
}

// writeIndex writes the index of a work tree that contains exactly the tree, so that git status reports no change.
func writeIndex(git, workTree string, t generator.Tree, blobs []plumbing.Hash) error {
	idx := &index.Index{Version: 2}
	for i, f := range t {
		info, err := os.Lstat(filepath.Join(workTree, filepath.FromSlash(f.Path)))
		if err != nil {
			return err
		}
		e := &index.Entry{
			Name: f.Path, Mode: filemode.Regular, Hash: blobs[i],
			ModifiedAt: info.ModTime(), Size: uint32(info.Size()),
		}
		fillStat(e, info)
		idx.Entries = append(idx.Entries, e)
	}
	var content bytes.Buffer // go-git writes the index a few bytes at a time
	if err := index.NewEncoder(&content).Encode(idx); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(git, "index"), content.Bytes(), 0o666)
}
