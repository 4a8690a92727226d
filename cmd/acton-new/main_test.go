package main

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/acton-go/acton-new/templates"
)

// testVersion is the version that commands in tests are told.
const testVersion = "v0.1.0"

// TestMain lets scripts and terminals run the command: acton-new with the real templates, acton-small with the catalog of
// testdata/small.txtar, acton-bare with what is left of it when nothing can be chosen.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"acton-new":   func() { os.Exit(start(deps{templates: templates.Files, version: testVersion})) },
		"acton-small": func() { os.Exit(start(deps{templates: archive(os.Getenv(smallCatalog)), version: testVersion})) },
		"acton-bare":  func() { os.Exit(start(deps{templates: bare(archive(os.Getenv(smallCatalog))), version: testVersion})) },
	})
}

// smallCatalog names the variable that tells acton-small and acton-bare, which run in other directories, where their catalog is.
const smallCatalog = "ACTON_SMALL_CATALOG"

func archive(file string) fstest.MapFS {
	a, err := txtar.ParseFile(file)
	if err != nil {
		panic(err)
	}
	fsys := fstest.MapFS{}
	for _, f := range a.Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

// bare returns the catalog without the features that are not hidden.
func bare(fsys fstest.MapFS) fs.FS {
	visible := map[string]bool{}
	for name, f := range fsys {
		if folder, manifest := strings.CutSuffix(name, "/feature.yaml"); manifest && !strings.Contains(string(f.Data), "hidden: true") {
			visible[folder] = folder != "_base"
		}
	}
	left := fstest.MapFS{}
	for name, f := range fsys {
		parts := strings.SplitN(name, "/", 3)
		if !visible[parts[0]+"/"+parts[1]] && !strings.Contains(parts[1], "+") {
			left[name] = f
		}
	}
	return left
}
