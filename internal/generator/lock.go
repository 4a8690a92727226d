package generator

import (
	"github.com/acton-go/acton-new/internal/lock"
)

// lockModules adds the go.mod and go.sum that go mod tidy would write for the imports of the tree.
func lockModules(tree Tree, module string) (Tree, error) {
	imports, err := importsOf(tree, module)
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

// importsOf returns the imports of a project from other modules.
func importsOf(tree Tree, module string) (*lock.Imports, error) {
	var files []lock.GoFile
	for _, f := range tree {
		file, counts, err := lock.ReadGoFile(f.Path, f.Data)
		if err != nil {
			return nil, err
		}
		if counts {
			files = append(files, file)
		}
	}
	return lock.Collect(module, files), nil
}
