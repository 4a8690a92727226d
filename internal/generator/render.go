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

// Render renders a project. It completes the answers with Resolve. fsys is the root of the templates from which cat was
// loaded. version is the version of the generator that the project records.
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
	content, err := encodeRecord(a, version, tree.Hash())
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	return tree.with(File{Path: RecordFile, Data: content}), nil
}

// with returns the sorted tree with more files.
func (t Tree) with(files ...File) Tree {
	t = append(slices.Clip(t), files...)
	slices.SortFunc(t, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return t
}

// Proofs returns additional Go tests for a project. They run together with the tests of the project, but Render does
// not include them.
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

// source is a template file.
type source struct {
	path   string // path in the project, with sample words
	folder string // folder of the base or feature
	data   []byte
}

// renderFiles renders every file except go.mod, go.sum and the record.
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
		slotFiles: map[string]string{},
		words:     newWords(a.Name, a.Module),
		literals:  literalsOf(set.Questions(), a.Values),
		module:    a.Module,
		memo:      m.forAnswers(a),
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
		if _, ok := r.slotFiles[name]; !ok {
			return nil, fmt.Errorf("%s: slot %q: not defined by any file of this selection", fragments[name][0].folder, name)
		}
	}
	return tree.with(), nil
}

// reservedPaths are the files that the generator creates without a template.
var reservedPaths = [...]string{"go.mod", "go.sum", RecordFile}

// collectFiles reads the files or the proofs of every folder, sorted by path. It rejects paths that differ only in
// case.
func collectFiles(fsys fs.FS, set features.Set, proofs bool) ([]source, error) {
	var sources []source
	owner := map[string]string{}
	for _, folder := range set.Folders() {
		names, dir := folder.Files, folder.FilesPath()
		if proofs {
			names, dir = folder.Proofs, folder.ProofsPath()
		}
		for _, name := range names {
			s := source{path: restoreDots(name), folder: folder.Path}
			if slices.Contains(reservedPaths[:], s.path) {
				return nil, fmt.Errorf("%s: %s: remove it, the generator creates this file", folder.Path, s.path)
			}
			key := strings.ToLower(s.path)
			if other, ok := owner[key]; ok {
				return nil, fmt.Errorf("%s and %s both contain %s; remove one", other, folder.Path, s.path)
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

// restoreDots replaces the prefix dot_ of names such as dot_gitignore with a dot. A .gitignore among the templates
// would apply to the templates.
func restoreDots(name string) string {
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
				return nil, fmt.Errorf("%s: slot %q: the fragment is empty or contains a slot", folder.Path, name)
			}
			fragments[name] = append(fragments[name], fragment{folder: folder.Path, text: text})
		}
	}
	return fragments, nil
}

// renderer renders the files of one project.
type renderer struct {
	fragments map[string][]fragment
	slotFiles map[string]string // file of each slot
	words     words
	literals  []literal
	document  document
	module    string
	memo      *projectMemo
}

func (r *renderer) render(s source) ([]byte, error) {
	if bytes.IndexByte(s.data, 0) >= 0 || !utf8.Valid(s.data) {
		return s.data, nil // a binary file
	}
	raw := string(s.data)
	text, err := fill(s.path, raw, r.fragments, r.slotFiles)
	if err != nil {
		return nil, err
	}
	filled := text != raw
	if text, err = expand(s.path, text, r.document); err != nil {
		return nil, err
	}
	return r.memo.finish(s, text, filled, r.finish)
}

// finish replaces the sample words in a template with filled slots, and formats the result.
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
