package main

import (
	"io/fs"
	"os"
	"strings"
	"testing"
)

// files returns the content of every file below dir, except in .git.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	err := walkFiles(os.DirFS(dir), func(path string, data []byte) {
		if !strings.HasPrefix(path, ".git/") {
			contents[path] = string(data)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// walkFiles calls visit with every regular file.
func walkFiles(root fs.FS, visit func(path string, data []byte)) error {
	return fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		if err == nil {
			visit(path, data)
		}
		return err
	})
}
