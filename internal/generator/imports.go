package generator

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/lock"
)

// Imports returns what a project of this set imports from other modules. It reads the templates without rendering them:
// what a file imports is what its template and the fragments for its slots import, as no template of code has a condition.
func Imports(fsys fs.FS, set features.Set) (*lock.Imports, error) {
	sources, err := collectFiles(fsys, set)
	if err != nil {
		return nil, err
	}
	fragments, err := collectFragments(fsys, set)
	if err != nil {
		return nil, err
	}
	return lock.ImportsOf(sampleModule, func(yield func(string, []byte) bool) {
		for _, s := range sources {
			if path.Ext(s.path) != ".go" {
				continue
			}
			if !yield(s.path, s.data) {
				return
			}
			slots, _ := slotsOf(s.path, string(s.data)) // a slot that is none fails when it is rendered
			for _, slot := range slots {
				for _, f := range fragments[slot.name] {
					if block, ok := importsIn(f.text); ok && !yield(s.path, block) {
						return
					}
				}
			}
		}
	})
}

// importsIn returns the fragment as a file that only imports, if its lines stand in an import block.
func importsIn(fragment string) ([]byte, bool) {
	source := []byte("package p\n\nimport (\n" + fragment + "\n)\n")
	_, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	return source, err == nil
}
