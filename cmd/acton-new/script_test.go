package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/acton-go/acton-new/internal/verify/programs"
)

// TestScripts runs the scripts in testdata/script, without a network and without a configured git user.
func TestScripts(t *testing.T) {
	catalog, err := filepath.Abs("testdata/small.txtar")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("GOPROXY", "off")
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(env.WorkDir))
			env.Setenv(smallCatalog, catalog)
			return os.Mkdir(filepath.Join(env.WorkDir, "home"), 0o700)
		},
		Condition: func(condition string) (bool, error) {
			if condition != "git" {
				return false, fmt.Errorf("unknown condition %s", condition)
			}
			return programs.Have(t), nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": checkExitCode,
			"same": compareFiles,
			"json": checkJSON,
		},
	})
}

// checkExitCode runs a command and checks its exit code: code 2 acton-new --nonsense.
func checkExitCode(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND …")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = regexp.MustCompile(`[0-9]+$`).FindString(err.Error())
	}
	if got != args[0] {
		ts.Fatalf("exit code: got %v, want %s", err, args[0])
	}
}

// compareFiles compares the files of two directories, except in .git: same a b.
func compareFiles(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same DIRECTORY DIRECTORY")
	}
	trees := [2]map[string]string{}
	for i, dir := range args {
		trees[i] = map[string]string{}
		ts.Check(walkFiles(os.DirFS(ts.MkAbs(dir)), func(path string, data []byte) {
			if !regexp.MustCompile(`^\.git/`).MatchString(path) {
				trees[i][path] = string(data)
			}
		}))
	}
	diff := cmp.Diff(trees[0], trees[1])
	if (diff == "") == neg {
		ts.Fatalf("%s and %s (-first +second):\n%s", args[0], args[1], diff)
	}
}

// checkJSON matches the JSON of a key of the document on standard output: json KEY REGEXP.
func checkJSON(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json KEY REGEXP")
	}
	var document map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &document))
	if !regexp.MustCompile(args[1]).Match(document[args[0]]) {
		ts.Fatalf("%s: got %s, want %s", args[0], document[args[0]], args[1])
	}
}
