package generator

import (
	"io/fs"
	"path"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/lock"
)

// ImportReader tells what projects import from other modules, without rendering them: what a file imports is what its
// template and the fragments for its slots import, as no template of code has a condition. It reads each template once.
type ImportReader struct {
	fsys      fs.FS
	files     map[string]goTemplate // by path below the root of the templates
	fragments map[string][]string
}

// goTemplate is what a template of a Go file brings.
type goTemplate struct {
	file   lock.GoFile
	counts bool // see lock.ReadGoFile
	slots  []slot
}

// NewImportReader returns a reader of these templates.
func NewImportReader(fsys fs.FS) *ImportReader {
	return &ImportReader{fsys: fsys, files: map[string]goTemplate{}, fragments: map[string][]string{}}
}

// Imports returns what a project of this set imports. The module path in it is the sample's.
func (r *ImportReader) Imports(set features.Set) (*lock.Imports, error) {
	fragments := map[string][]string{} // slot → what its fragments import
	for _, folder := range set.Folders() {
		for _, name := range folder.Slots {
			imports, err := r.fragment(path.Join(folder.SlotsPath(), name))
			if err != nil {
				return nil, err
			}
			fragments[name] = append(fragments[name], imports...)
		}
	}
	var files []lock.GoFile
	for _, folder := range set.Folders() {
		for _, name := range folder.Files {
			if path.Ext(name) != ".go" {
				continue
			}
			t, err := r.template(path.Join(folder.FilesPath(), name), undotted(name))
			if err != nil {
				return nil, err
			}
			if !t.counts {
				continue
			}
			files = append(files, t.file)
			for _, s := range t.slots {
				files = append(files, lock.GoFile{Path: t.file.Path, Imports: fragments[s.name]})
			}
		}
	}
	return lock.Collect(sampleModule, files), nil
}

func (r *ImportReader) template(at, file string) (goTemplate, error) {
	if t, ok := r.files[at]; ok {
		return t, nil
	}
	data, err := fs.ReadFile(r.fsys, at)
	if err != nil {
		return goTemplate{}, err
	}
	var t goTemplate
	if t.file, t.counts, err = lock.ReadGoFile(file, data); err != nil {
		return goTemplate{}, err
	}
	if t.slots, err = slotsOf(file, string(data)); err != nil {
		return goTemplate{}, err
	}
	r.files[at] = t
	return t, nil
}

// fragment returns what a fragment imports: nothing, unless its lines could stand in an import block.
func (r *ImportReader) fragment(at string) ([]string, error) {
	if imports, ok := r.fragments[at]; ok {
		return imports, nil
	}
	data, err := fs.ReadFile(r.fsys, at)
	if err != nil {
		return nil, err
	}
	imports, _, err := lock.Scan(at, []byte("package p\n\nimport (\n"+string(data)+"\n)\n"))
	if err != nil {
		imports = nil
	}
	r.fragments[at] = imports
	return imports, nil
}
