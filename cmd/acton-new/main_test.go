package main

import (
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/acton-go/acton-new/templates"
)

// testVersion is the version of the generator in tests.
const testVersion = "v0.1.0"

// TestMain provides the commands for scripts and consoles. acton-new has the real templates, acton-small the catalog of
// testdata/small.txtar, and acton-bare the same catalog without visible features.
func TestMain(m *testing.M) {
	if signal.Ignored(syscall.SIGHUP) { // under nohup; commands of the tests inherit the default action instead
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	testscript.Main(m, map[string]func(){
		"acton-new":   func() { os.Exit(start(deps{templates: templates.All, version: testVersion})) },
		"acton-small": func() { os.Exit(start(deps{templates: archive(os.Getenv(smallCatalog)), version: testVersion})) },
		"acton-bare":  func() { os.Exit(start(deps{templates: bare(archive(os.Getenv(smallCatalog))), version: testVersion})) },
	})
}

// smallCatalog is the environment variable with the path of the catalog for acton-small and acton-bare.
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

// bare returns the catalog without its visible features.
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
