package generator

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/acton-go/acton-new/internal/features"
)

// Render renders a project. fsys is the root of the templates from which the catalog of the plan was loaded. version is
// the version of the generator that the project records.
func Render(fsys fs.FS, p Plan, version string) (Tree, error) {
	tree, err := p.files(fsys)
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	if tree, err = lockModules(tree, p.Answers.Module); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	content, err := encodeRecord(p.Answers, version, tree.Hash())
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
func Proofs(fsys fs.FS, p Plan) (Tree, error) {
	sources, err := collectFiles(fsys, p.Set, true)
	if err != nil {
		return nil, fmt.Errorf("proofs: %w", err)
	}
	tree, err := p.renderer().files(sources)
	if err != nil {
		return nil, fmt.Errorf("proofs: %w", err)
	}
	return tree, nil
}

// renderer returns a renderer without fragments.
func (p Plan) renderer() *renderer {
	r := resourceOf(p.Set.Questions(), p.Answers.Values)
	return &renderer{
		words:    newWords(p.Answers.Name, p.Answers.Module, r, branchWords(p.Answers.Branch)...),
		resource: r,
		literals: literalsOf(p.Set.Questions(), p.Answers.Values),
		name:     p.Answers.Name,
		module:   p.Answers.Module,
		branch:   p.Answers.Branch,
	}
}

// source is a template file.
type source struct {
	path   string // path in the project, with sample words
	folder string // folder of the base or feature
	data   []byte
}

func (s source) isBinary() bool { return bytes.IndexByte(s.data, 0) >= 0 || !utf8.Valid(s.data) }

func (s source) slots() ([]slot, error) {
	if s.isBinary() {
		return nil, nil
	}
	return slotsOf(s.path, string(s.data))
}

// files renders every file except go.mod, go.sum and the record.
func (p Plan) files(fsys fs.FS) (Tree, error) {
	r, sources, err := p.collect(fsys)
	if err != nil {
		return nil, err
	}
	if err := r.checkSlots(sources, source.slots); err != nil {
		return nil, err
	}
	tree, err := r.files(sources)
	if err != nil {
		return nil, err
	}
	return completeSettings(tree, p.Answers.Module, r.words.Replace(samplePrefix))
}

// collect reads the templates of the project, and the fragments for their slots.
func (p Plan) collect(fsys fs.FS) (*renderer, []source, error) {
	sources, err := collectFiles(fsys, p.Set, false)
	if err != nil {
		return nil, nil, err
	}
	r := p.renderer()
	if r.fragments, err = collectFragments(fsys, p.Set); err != nil {
		return nil, nil, err
	}
	for _, name := range p.Set.Features() {
		f, _ := p.catalog.Lookup(name)
		r.document.Features = append(r.document.Features, documentFeature{f.Name, f.Title, f.Summary, f.Group})
	}
	for _, s := range sources {
		r.document.Files = append(r.document.Files, s.path)
	}
	return r, sources, nil
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
			s := source{path: features.ProjectPath(name), folder: folder.Path}
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

// collectFragments reads the fragments of every folder by slot, in the order of the folders. It omits those for files that
// the project does not have.
func collectFragments(fsys fs.FS, set features.Set) (map[string][]fragment, error) {
	missing, err := slotsLeftOut(fsys, set)
	if err != nil {
		return nil, err
	}
	fragments := map[string][]fragment{}
	for _, folder := range set.Folders() {
		for _, name := range folder.Slots {
			if missing[name] {
				continue
			}
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

// slotsLeftOut returns the slots in the files that the set leaves out.
func slotsLeftOut(fsys fs.FS, set features.Set) (map[string]bool, error) {
	names := map[string]bool{}
	for _, folder := range set.LeftOut() {
		for _, file := range folder.Files {
			data, err := fs.ReadFile(fsys, path.Join(folder.FilesPath(), file))
			if err != nil {
				return nil, err
			}
			slots, err := slotsOf(features.ProjectPath(file), string(data))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", folder.Path, err)
			}
			for _, s := range slots {
				names[s.name] = true
			}
		}
	}
	return names, nil
}

// renderer renders the files of one project. Each file depends only on its template and its fragments; a list in a
// document also depends on the set.
type renderer struct {
	fragments map[string][]fragment
	words     *strings.Replacer
	literals  []literal
	document  document
	name      string
	module    string
	branch    string
	resource  resource
}

// checkSlots checks that each slot is defined once, and that each fragment has a slot.
func (r *renderer) checkSlots(sources []source, slotsOf func(source) ([]slot, error)) error {
	file := map[string]string{} // by slot
	for _, s := range sources {
		slots, err := slotsOf(s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.folder, err)
		}
		for _, slot := range slots {
			if other, ok := file[slot.name]; ok {
				return fmt.Errorf("%s: slot %q: defined in %s and in %s; define it once", s.folder, slot.name, other, s.path)
			}
			file[slot.name] = s.path
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.fragments)) {
		if _, ok := file[name]; !ok {
			return fmt.Errorf("%s: slot %q: not defined by any file of this selection", r.fragments[name][0].folder, name)
		}
	}
	return nil
}

// files renders files in parallel, and returns them sorted by path.
func (r *renderer) files(sources []source) (Tree, error) {
	tree := make(Tree, len(sources), len(sources)+3)
	errs := make([]error, len(sources))
	var group sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, s := range sources {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			tree[i], errs[i] = r.file(s)
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return tree.with(), nil
}

// file renders a file: it fills the slots, executes the lists, replaces the sample words, and formats Go.
func (r *renderer) file(s source) (File, error) {
	rendered := File{Path: r.words.Replace(s.path), Data: s.data}
	if s.isBinary() {
		return rendered, nil
	}
	text, err := fill(s.path, string(s.data), r.fragments)
	if err == nil {
		text, err = expand(s.path, text, r.document)
	}
	if err == nil {
		rendered.Data, err = r.finish(s, text)
	}
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", s.folder, err)
	}
	return rendered, nil
}

// finish replaces the sample words in a template with filled slots, and formats the result if it is Go.
func (r *renderer) finish(s source, filled string) ([]byte, error) {
	text := r.replace(filled)
	if text == string(s.data) {
		return s.data, nil
	}
	if path.Ext(s.path) == ".go" {
		var err error
		if text, err = formatGo(s.path, text, r.module, filled != string(s.data)); err != nil {
			return nil, err
		}
	}
	return []byte(text), nil
}
