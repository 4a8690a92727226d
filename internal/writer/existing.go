package writer

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/acton-go/acton-new/internal/generator"
)

// Existing is a file that was in the target before Write. A forge can begin a repository with such files.
type Existing struct {
	Path   string
	Action Action
}

// Action is what Write does with an existing file.
type Action string

// The actions.
const (
	Kept     Action = "kept"     // the file stays as it is
	Merged   Action = "merged"   // the generated lines follow the existing ones
	Replaced Action = "replaced" // the file had only a title
)

// starterNames are the files with which a forge begins a repository.
var starterNames = []string{".gitattributes", ".gitignore", "LICENSE", "LICENSE.md", "LICENSE.txt", "README", "README.md", "README.txt"}

// maxStarter is the maximum size of a starter file. The journal contains those that the run replaces.
const maxStarter = 1 << 20

// starter is a starter file in the target.
type starter struct {
	path      string
	raw       []byte // the content on the disk
	text      []byte // the content that git stores: with LF in some repositories
	committed bool   // git has the content
}

// isStarter reports whether the directory entry is a starter file.
func isStarter(entry fs.DirEntry) bool {
	info, err := entry.Info()
	return err == nil && slices.Contains(starterNames, entry.Name()) && info.Mode().IsRegular() &&
		info.Mode().Perm()&0o111 == 0 && info.Size() <= maxStarter
}

func readStarter(dir, name string) (starter, error) {
	raw, err := os.ReadFile(filepath.Join(dir, name))
	return starter{path: name, raw: raw, text: raw}, err
}

func withLF(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// like returns the text with the line ends of the example.
func like(example, text []byte) []byte {
	if bytes.Contains(example, []byte("\r\n")) {
		return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	}
	return text
}

// same reports whether the file has the content of the starter, which then stays.
func (s starter) same(f generator.File) bool { return bytes.Equal(s.text, f.Data) }

// starter returns the starter with the path, or nil.
func (d destination) starter(path string) *starter {
	if i := slices.IndexFunc(d.starters, func(s starter) bool { return s.path == path }); i >= 0 {
		return &d.starters[i]
	}
	return nil
}

// isCommitted reports whether git stores the file under the ID.
func (s starter) isCommitted(id plumbing.Hash) bool {
	return id == plumbing.ComputeHash(plumbing.BlobObject, s.raw) || id == plumbing.ComputeHash(plumbing.BlobObject, withLF(s.raw))
}

// checkCommitted returns an error unless the starters are all that the commit contains. It marks those that are.
func checkCommitted(repo *git.Repository, commit plumbing.Hash, dir string, starters []starter) error {
	c, err := repo.CommitObject(commit)
	if err != nil {
		return fmt.Errorf("%s: read the last commit: %w; %s", dir, err, hintWithoutGit)
	}
	tree, err := c.Tree()
	if err != nil {
		return fmt.Errorf("%s: read the last commit: %w; %s", dir, err, hintWithoutGit)
	}
	for _, e := range tree.Entries {
		i := slices.IndexFunc(starters, func(s starter) bool { return s.path == e.Name })
		switch {
		case !slices.Contains(starterNames, e.Name) || e.Mode != filemode.Regular:
			return fmt.Errorf("%s: the repository has commits with other files than %s; %s", dir, strings.Join(starterNames, ", "), hintWithoutGit)
		case i < 0 || !starters[i].isCommitted(e.Hash):
			return fmt.Errorf("%s: %s differs from the last commit; run git restore %s, or commit it", dir, e.Name, e.Name)
		}
		starters[i].committed = true
		if e.Hash != plumbing.ComputeHash(plumbing.BlobObject, starters[i].raw) {
			starters[i].text = withLF(starters[i].raw)
		}
	}
	for _, s := range starters {
		if !slices.ContainsFunc(tree.Entries, func(e object.TreeEntry) bool { return e.Name == s.path }) {
			return fmt.Errorf("%s: %s is not in the last commit; commit it, or remove it", dir, s.path)
		}
	}
	return nil
}

// merge returns the tree with the starters, and what happens to each of them. A README that has only a title is replaced if git
// has it.
func merge(t generator.Tree, starters []starter) (generator.Tree, []Existing) {
	t = slices.Clone(t)
	var existing []Existing
	for _, s := range starters {
		i := slices.IndexFunc(t, func(f generator.File) bool { return f.Path == s.path })
		action := Kept
		switch {
		case i < 0:
			t = append(t, generator.File{Path: s.path, Data: s.text})
		case bytes.Equal(t[i].Data, withLF(s.text)):
			t[i].Data = s.text
		case s.path == "README.md" && isStub(s):
			action = Replaced
		default:
			action = Merged
			merged := bytes.Join([][]byte{bytes.TrimRight(withLF(s.text), "\n"), t[i].Data}, []byte("\n\n"))
			t[i].Data = like(s.text, merged)
		}
		existing = append(existing, Existing{s.path, action})
	}
	slices.SortFunc(t, func(a, b generator.File) int { return strings.Compare(a.Path, b.Path) })
	return t, existing
}

// isStub reports whether a README has nothing, or only a title that git has.
func isStub(s starter) bool {
	readme := bytes.TrimSpace(s.text)
	return len(readme) == 0 || s.committed && bytes.HasPrefix(readme, []byte("# ")) && !bytes.Contains(readme, []byte("\n"))
}
