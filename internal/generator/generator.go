// Package generator renders a project from answers.
//
// Resolve completes the answers, and Render returns the files in memory. Render is pure: it reads only the templates, so
// the same answers always give the same bytes.
package generator

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"
)

// File is one file of a project.
type File struct {
	Path string // relative, with slashes
	Data []byte
}

// Tree is a whole project, sorted by path.
type Tree []File

// Hash returns the dirhash ("h1:…") of the tree without RecordFile, which contains the hash.
func (t Tree) Hash() string {
	contents := make(map[string][]byte, len(t))
	var paths []string
	for _, f := range t {
		if f.Path != RecordFile {
			paths = append(paths, f.Path)
			contents[f.Path] = f.Data
		}
	}
	hash, err := dirhash.Hash1(paths, func(path string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(contents[path])), nil
	})
	if err != nil {
		panic(fmt.Sprintf("generator: hash of a tree in memory: %v", err)) // a path contains a newline
	}
	return hash
}

// Lookup returns the content of the file at path.
func (t Tree) Lookup(path string) ([]byte, bool) {
	i, ok := slices.BinarySearchFunc(t, path, func(f File, path string) int { return strings.Compare(f.Path, path) })
	if !ok {
		return nil, false
	}
	return t[i].Data, true
}

// each yields every file.
func (t Tree) each(yield func(path string, data []byte) bool) {
	for _, f := range t {
		if !yield(f.Path, f.Data) {
			return
		}
	}
}
