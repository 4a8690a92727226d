package generator

import (
	"github.com/acton-go/acton-new/internal/lock"
)

// lockModules adds go.mod and go.sum, as go mod tidy would write them for what the tree imports.
func lockModules(tree Tree, module string) (Tree, error) {
	imports, err := lock.ImportsOf(module, func(yield func(string, []byte) bool) {
		for _, f := range tree {
			if !yield(f.Path, f.Data) {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	files, err := lock.Recorded().Compute(imports)
	if err != nil {
		return nil, err
	}
	tree = tree.with(File{Path: "go.mod", Data: files.Mod})
	if len(files.Sum) > 0 {
		tree = tree.with(File{Path: "go.sum", Data: files.Sum})
	}
	return tree, nil
}
