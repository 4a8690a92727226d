package generator

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/acton-go/acton-new/internal/features"
)

// Render makes the project of the answers, which may be incomplete: Resolve completes them. fsys is the root of the
// templates that cat was loaded from; version is what the project records as the generator's version.
func Render(fsys fs.FS, cat *features.Catalog, a Answers, version string) (Tree, error) {
	return render(fsys, cat, a, version, nil)
}

func render(fsys fs.FS, cat *features.Catalog, a Answers, version string, m *memo) (Tree, error) {
	set, a, err := Resolve(cat, a)
	if err != nil {
		return nil, err
	}
	tree, err := renderFiles(fsys, cat, set, a, m)
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	if tree, err = completeSettings(tree, a.Module, newWords(a.Name, a.Module).replace(samplePrefix)); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	if tree, err = lockModules(tree, a.Module); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	content, err := recordOf(a, version, tree.Hash())
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	return tree.with(File{Path: RecordFile, Data: content}), nil
}

// with returns the tree with one file more.
func (t Tree) with(files ...File) Tree {
	t = append(slices.Clip(t), files...)
	slices.SortFunc(t, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return t
}

// Proofs returns the Go tests that verify the project of the answers in depth. They belong beside the files of the
// project while it is tested, and are no part of it.
func Proofs(fsys fs.FS, cat *features.Catalog, a Answers) (Tree, error) {
	set, a, err := Resolve(cat, a)
	if err != nil {
		return nil, err
	}
	sources, err := collectFiles(fsys, set, true)
	if err != nil {
		return nil, fmt.Errorf("proofs: %w", err)
	}
	r := renderer{words: newWords(a.Name, a.Module), literals: literalsOf(set.Questions(), a.Values), module: a.Module}
	var tree Tree
	for _, s := range sources {
		data, err := r.render(s)
		if err != nil {
			return nil, fmt.Errorf("proofs: %s: %w", s.folder, err)
		}
		tree = append(tree, File{Path: r.words.replace(s.path), Data: data})
	}
	return tree.with(), nil
}

// source is a template file: where it will be, with the sample words still in it, and whose it is.
type source struct {
	path   string
	folder string
	data   []byte
}

// renderFiles makes everything but the module's files and the record.
func renderFiles(fsys fs.FS, cat *features.Catalog, set features.Set, a Answers, m *memo) (Tree, error) {
	sources, err := collectFiles(fsys, set, false)
	if err != nil {
		return nil, err
	}
	fragments, err := collectFragments(fsys, set)
	if err != nil {
		return nil, err
	}
	r := renderer{
		fragments: fragments,
		met:       map[string]string{},
		words:     newWords(a.Name, a.Module),
		literals:  literalsOf(set.Questions(), a.Values),
		module:    a.Module,
		memo:      m.of(a),
	}
	for _, name := range set.Features() {
		f, _ := cat.Lookup(name)
		r.document.Features = append(r.document.Features, documentFeature{f.Name, f.Title, f.Summary, f.Group})
	}
	for _, s := range sources {
		r.document.Files = append(r.document.Files, s.path)
	}

	tree := make(Tree, 0, len(sources)+3)
	for _, s := range sources {
		data, err := r.render(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.folder, err)
		}
		tree = append(tree, File{Path: r.words.replace(s.path), Data: data})
	}
	for _, name := range slices.Sorted(maps.Keys(fragments)) {
		if _, ok := r.met[name]; !ok {
			return nil, fmt.Errorf("%s: slot %q: no file of this selection has it", fragments[name][0].folder, name)
		}
	}
	return tree.with(), nil
}

// reservedPaths are files that the generator makes itself.
var reservedPaths = [...]string{"go.mod", "go.sum", RecordFile}

// collectFiles reads the files, or the proofs, of every folder, sorted by path. Each path has one owner, whatever the case
// of its letters.
func collectFiles(fsys fs.FS, set features.Set, proofs bool) ([]source, error) {
	var sources []source
	owner := map[string]string{}
	for _, folder := range set.Folders() {
		names, dir := folder.Files, folder.FilesPath()
		if proofs {
			names, dir = folder.Proofs, folder.ProofsPath()
		}
		for _, name := range names {
			s := source{path: undotted(name), folder: folder.Path}
			if slices.Contains(reservedPaths[:], s.path) {
				return nil, fmt.Errorf("%s: %s is made by the generator", folder.Path, s.path)
			}
			key := strings.ToLower(s.path)
			if other, taken := owner[key]; taken {
				return nil, fmt.Errorf("%s and %s both bring %s", other, folder.Path, s.path)
			}
			owner[key] = folder.Path
			var err error
			if s.data, err = fs.ReadFile(fsys, path.Join(dir, name)); err != nil {
				return nil, err
			}
			sources = append(sources, s)
		}
	}
	slices.SortFunc(sources, func(a, b source) int { return cmp.Compare(a.path, b.path) })
	return sources, nil
}

// undotted gives back the dot to names such as dot_gitignore, which are stored so because they would act on the templates.
func undotted(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		if rest, ok := strings.CutPrefix(part, "dot_"); ok {
			parts[i] = "." + rest
		}
	}
	return strings.Join(parts, "/")
}

// collectFragments reads the fragments of every folder by slot, in the order of the folders.
func collectFragments(fsys fs.FS, set features.Set) (map[string][]fragment, error) {
	fragments := map[string][]fragment{}
	for _, folder := range set.Folders() {
		for _, name := range folder.Slots {
			data, err := fs.ReadFile(fsys, path.Join(folder.SlotsPath(), name))
			if err != nil {
				return nil, err
			}
			text := string(data)
			if strings.TrimSpace(text) == "" || strings.Contains(text, "{{slot") {
				return nil, fmt.Errorf("%s: slot %q: a fragment is not empty and has no slots itself", folder.Path, name)
			}
			fragments[name] = append(fragments[name], fragment{folder: folder.Path, text: text})
		}
	}
	return fragments, nil
}

// renderer is what the files of one project have in common.
type renderer struct {
	fragments map[string][]fragment
	met       map[string]string // slot → the file that has it
	words     words
	literals  []literal
	document  document
	module    string
	memo      *memoOf
}

func (r *renderer) render(s source) ([]byte, error) {
	if bytes.IndexByte(s.data, 0) >= 0 || !utf8.Valid(s.data) {
		return s.data, nil // an image or the like
	}
	raw := string(s.data)
	text, err := fill(s.path, raw, r.fragments, r.met)
	if err != nil {
		return nil, err
	}
	filled := text != raw
	if text, err = expand(s.path, text, r.document); err != nil {
		return nil, err
	}
	return r.memo.finish(s, text, filled, r.finish)
}

// finish makes a file of the project of the text of a template in which the slots are filled.
func (r *renderer) finish(s source, raw string, filled bool) ([]byte, error) {
	text := r.replace(raw)
	if path.Ext(s.path) == ".go" && (filled || !staysFormatted(raw, text)) {
		var err error
		if text, err = formatGo(s.path, text, r.module, filled); err != nil {
			return nil, err
		}
	}
	if text == string(s.data) {
		return s.data, nil
	}
	return []byte(text), nil
}
