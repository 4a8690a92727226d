package main

import (
	"io/fs"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/lock"
	"github.com/acton-go/acton-new/internal/verify/sets"
)

// combinationsOf returns the distinct imports of the projects of all combinations. Choices bring no code.
func combinationsOf(fsys fs.FS) ([]*lock.Imports, error) {
	catalog, err := features.Load(fsys)
	if err != nil {
		return nil, err
	}
	var all []*lock.Imports
	seen := map[string]bool{}
	reader := generator.NewImportReader(fsys)
	for set := range sets.Combinations(catalog) {
		imports, err := reader.Imports(set)
		if err != nil {
			return nil, err
		}
		if key := imports.Key(); !seen[key] {
			seen[key] = true
			all = append(all, imports)
		}
	}
	return all, nil
}
