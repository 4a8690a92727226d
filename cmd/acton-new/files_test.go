package main

import "io/fs"

// walkFiles calls visit with every regular file.
func walkFiles(root fs.FS, visit func(path string, data []byte)) error {
	return fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		if err == nil {
			visit(path, data)
		}
		return err
	})
}
