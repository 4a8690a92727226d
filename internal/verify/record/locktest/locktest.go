// Package locktest serves fake modules to tests, without a network.
package locktest

import (
	"archive/zip"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/verify/record/modcache"
)

// Serve creates a module proxy from files by version, and an empty module cache. It returns the go command that uses
// both. The checksum database is off, because it does not know the modules.
func Serve(t testing.TB, modules map[module.Version]map[string]string) modcache.Go {
	t.Helper()
	root := t.TempDir()
	versions := map[string][]string{}
	for v, files := range modules {
		dir := filepath.Join(root, filepath.FromSlash(v.Path), "@v")
		var archive bytes.Buffer
		w := zip.NewWriter(&archive)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			f, err := w.Create(v.String() + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write([]byte(files[name])); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		mod, ok := files["go.mod"]
		if !ok {
			mod = "module " + v.Path + "\n" // the go command generates the same
		}
		Write(t, dir, map[string]string{
			v.Version + ".info": `{"Version": "` + v.Version + `", "Time": "2026-01-01T12:00:00Z"}`,
			v.Version + ".mod":  mod,
			v.Version + ".zip":  archive.String(),
		})
		versions[dir] = append(versions[dir], v.Version)
	}
	for dir, list := range versions {
		Write(t, dir, map[string]string{"list": strings.Join(list, "\n") + "\n"})
	}
	return modcache.Go{Env: []string{
		"GOPROXY=file://" + filepath.ToSlash(root), "GOMODCACHE=" + t.TempDir(), "GOFLAGS=-modcacherw",
		"GOSUMDB=off", "GONOSUMDB=", "GOPRIVATE=", "GOWORK=off",
	}}
}

// Write writes files below a directory.
func Write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
