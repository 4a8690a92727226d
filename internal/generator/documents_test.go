package generator

import (
	"path"
	"testing"

	"github.com/acton-go/acton-new/internal/mdtest"
)

// What the documents of a project say of it is true, whatever was chosen: links, paths, settings, verbs, and the names in
// commands that nothing runs.
func TestDocumentsAreTrueOfEveryCombination(t *testing.T) {
	l := realLibrary(t)
	seen := map[string]bool{} // most faults are the same everywhere
	for _, a := range l.answersFor() {
		files := map[string]string{}
		for _, f := range l.mustFiles(t, a) {
			files[f.Path] = string(f.Data)
		}
		project, err := mdtest.NewProject(a.Name, files)
		if err != nil {
			t.Fatalf("%+v: %v", a, err)
		}
		for _, file := range project.Unreachable() {
			t.Errorf("%+v: no link leads from README.md to %s", a, file)
		}
		documents := 0
		for file := range files {
			if path.Ext(file) != ".md" {
				continue
			}
			documents++
			for _, fault := range project.Check(file) {
				if !seen[fault] {
					t.Errorf("%+v: %s", a, fault)
				}
				seen[fault] = true
			}
		}
		if documents < 10 {
			t.Errorf("%+v: %d documents were found", a, documents)
		}
	}
}
