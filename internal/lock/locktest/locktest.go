// Package locktest makes up modules, so that tests can have any that they need, without a network.
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

	"github.com/acton-go/acton-new/internal/lock/modcache"
)

// Serve makes a module proxy of files by version, with a cache of its own, and returns the go command that uses them. No
// checksum database knows such modules.
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
			mod = "module " + v.Path + "\n" // as the go command makes one up
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
