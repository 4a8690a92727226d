package generator

import (
	"path"
	"testing"

	"github.com/acton-go/acton-new/internal/verify/documents"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

// The links, paths, settings, verbs and the names in commands must be valid in every combination, or in a sample of them.
func TestDocumentsMatchEveryCombination(t *testing.T) {
	l := realLibrary(t)
	seen := map[string]bool{} // most faults occur in many combinations
	for _, a := range l.someAnswers(maxRendered) {
		files := map[string]string{}
		for _, f := range l.mustFiles(t, a) {
			files[f.Path] = string(f.Data)
		}
		project, err := documents.NewProject(a.Name, files)
		if err != nil {
			t.Fatalf("%+v: %v", a, err)
		}
		project.Kubectl = programs.Have(t)
		for _, file := range project.Unreachable() {
			t.Errorf("%+v: %s: not reachable by links from README.md", a, file)
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
		if documents < 6 {
			t.Errorf("%+v: got %d documents, want at least 6", a, documents)
		}
	}
}
