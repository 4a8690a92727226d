package main

import (
	"errors"
	"flag"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/documents"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/internal/writer"
)

var shellcheck = flag.Bool("shellcheck", false,
	"run shellcheck on the scripts and bash blocks of rendered projects, as .ci/run does")

// TestScriptsPassShellcheck checks the scripts of the smallest and the full project, and the bash blocks in their
// documents that no test runs. It needs the flag -shellcheck, because `go test ./...` must need only Go.
func TestScriptsPassShellcheck(t *testing.T) {
	if !*shellcheck {
		t.Skip("needs -shellcheck; .ci/run lint runs it")
	}
	cat := projects.Catalog(t)
	full, err := cat.Preset(features.PresetFull)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, chosen := range [][]string{nil, full.Features} {
		answers := generator.Answers{Name: "orders", Module: "github.com/acme/orders", Features: chosen}
		tree := projects.Render(t, answers)
		dir := filepath.Join(t.TempDir(), "orders")
		if _, err := writer.Write(t.Context(), tree, writer.Target{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		for _, f := range tree {
			switch path.Ext(f.Path) {
			case ".md":
				blocks, err := documents.Blocks(string(f.Data))
				if err != nil {
					t.Fatal(err)
				}
				if script := documents.Unrun(blocks); script != "" {
					runShellcheck(t, dir, f.Path, script, "--severity=warning", "-")
					checked++
				}
			case ".sh":
				runShellcheck(t, dir, f.Path, "", f.Path)
				checked++
			}
		}
	}
	if checked == 0 {
		t.Error("found no scripts and no bash blocks")
	}
}

func runShellcheck(t *testing.T, dir, name, input string, args ...string) {
	t.Helper()
	cmd := exec.Command("shellcheck", append([]string{"--shell=bash", "--external-sources", "--source-path=SCRIPTDIR", "--format=gcc"}, args...)...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%v: run .ci/run tools to install it", err)
	} else if err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}
