package main

import (
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/acton-go/acton-new/templates"
)

// testVersion is the version that commands in tests are told.
const testVersion = "v0.1.0"

// TestMain lets scripts and terminals run the command: acton-new with the real templates, acton-small with the catalog of
// testdata/small.txtar.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"acton-new":   func() { os.Exit(start(deps{templates: templates.Files, version: testVersion})) },
		"acton-small": func() { os.Exit(start(deps{templates: archive(os.Getenv(smallCatalog)), version: testVersion})) },
	})
}

// smallCatalog names the variable that tells acton-small, which runs in other directories, where its catalog is.
const smallCatalog = "ACTON_SMALL_CATALOG"

func archive(file string) fs.FS {
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
