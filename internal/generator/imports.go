package generator

import (
	"io/fs"
	"path"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/lock"
)

// ImportReader finds the packages that projects import from other modules, without rendering them. A file imports what
// its template and the fragments of its slots import: Go templates have no conditions. It reads each template once.
type ImportReader struct {
	fsys      fs.FS
	files     map[string]goTemplate // by path below the root of the templates
	fragments map[string][]string
}

// goTemplate holds the imports and the slots of a Go template.
type goTemplate struct {
	file   lock.GoFile
	counts bool // see lock.ReadGoFile
	slots  []slot
}

// NewImportReader returns an ImportReader for these templates.
func NewImportReader(fsys fs.FS) *ImportReader {
	return &ImportReader{fsys: fsys, files: map[string]goTemplate{}, fragments: map[string][]string{}}
}

// Imports returns the imports of a project with this set. Its module path is that of the sample service.
func (r *ImportReader) Imports(set features.Set) (*lock.Imports, error) {
	fragments := map[string][]string{} // imports by slot
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
			t, err := r.template(path.Join(folder.FilesPath(), name), features.ProjectPath(name))
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

// fragment returns the imports of a fragment, or none if it is not valid in an import block.
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
