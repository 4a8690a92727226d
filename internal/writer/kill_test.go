//go:build unix

package writer

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

// kills is the number of kills for each kind of target, each at a random time.
var kills = flag.Int("kills", 15, "number of killed writes for each kind of target")

// TestKilledWriteLeavesTargetAbsentOrComplete kills writing processes at random times. A seed does not make the test
// reproducible, because the progress of a process depends on the machine. The assertions hold for every time.
func TestKilledWriteLeavesTargetAbsentOrComplete(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	duration := measure(t, filepath.Join(t.TempDir(), "service"))

	absent, complete := 0, 0
	root := t.TempDir()
	for range *kills {
		dir := filepath.Join(root, "service")
		kill(t, dir, randomDelay(random, duration))
		if _, err := os.Lstat(dir); err == nil {
			wantProject(t, dir, sampleTree())
			complete++
		} else {
			absent++
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("after %d kills the target was absent %d times, complete %d times", *kills, absent, complete)
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	if absent > 0 && len(entries) > 1 {
		t.Errorf("leftovers: got %d, want at most that of the last run", len(entries))
	}
	mustWrite(t, sampleTree(), Target{Dir: filepath.Join(root, "service")})
	wantProject(t, filepath.Join(root, "service"), sampleTree())
	wantEntries(t, root, "service")
}

// TestStaleStagesAreRemoved covers stages that a random kill hardly ever produces, and directories that only look like
// a stage.
func TestStaleStagesAreRemoved(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string // nil: no files, not even the owner file
		stays bool
	}{
		"empty stage":                 {nil, false},
		"stage with empty owner file": {map[string]string{ownerFile: ""}, false},
		"stage with mark":             {map[string]string{ownerFile: ownerMark, "project": ""}, false},
		"user directory":              {map[string]string{"notes": "mine"}, true},
		"user directory, empty owner": {map[string]string{ownerFile: "", "notes": "mine"}, true},
		"user directory, other owner": {map[string]string{ownerFile: "me"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, ".service.acton-new-01234567")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			for file, text := range test.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			removeStaleStages(root)
			if _, err := os.Lstat(dir); (err == nil) != test.stays {
				t.Errorf("after removal: got %v, want the directory to exist: %v", err, test.stays)
			}
		})
	}
}

// TestNextRunUndoesKilledFillInPlace kills writes to a new repository, which use a journal. Every other one has starter files.
func TestNextRunUndoesKilledFillInPlace(t *testing.T) {
	programs.Need(t)
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	clone := func(starters bool) (dir string, after generator.Tree, commits string) {
		dir = t.TempDir()
		runGit(t, dir, "init", "-q", "-b", "trunk")
		if !starters {
			return dir, sampleTree(), "1"
		}
		commitFiles(t, dir, starterFiles)
		return dir, mergedTree(), "2"
	}
	empty, _, _ := clone(false)
	duration := measure(t, empty)

	undone := 0
	for i := range *kills {
		dir, after, commits := clone(i%2 == 0)
		kill(t, dir, randomDelay(random, duration))
		journals, err := filepath.Glob(filepath.Join(dir, ".acton-new-*.journal"))
		if err != nil {
			t.Fatal(err)
		}
		if len(journals) == 0 {
			if _, err := os.Lstat(filepath.Join(dir, "internal")); err == nil {
				wantCommits(t, dir, after, commits)
				continue
			}
		} else {
			undone++
		}
		before := readTree(t, dir)
		checked := checkError(Target{Dir: dir})
		if diff := diffTrees(readTree(t, dir), before); diff != "" {
			t.Errorf("check changed the directory (-before +after):\n%s", diff)
		}
		_, err = Write(t.Context(), sampleTree(), Target{Dir: dir})
		if fmt.Sprint(err) != fmt.Sprint(checked) {
			t.Errorf("check: got %v, want %v as from write", checked, err)
		}
		if err != nil {
			wantError(t, err, "an interrupted run has completed this project")
		}
		wantCommits(t, dir, after, commits)
	}
	t.Logf("the next run undid the changes of %d of %d killed runs", undone, *kills)
}

// randomDelay returns a random time, up to twice the duration of a run.
func randomDelay(random *rand.Rand, duration time.Duration) time.Duration {
	return time.Duration(random.Float64() * 2 * float64(duration))
}

func writeCommand(dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), writeTo+"="+dir)
	return cmd
}

// measure returns the duration of a run that is not killed.
func measure(t *testing.T, dir string) time.Duration {
	t.Helper()
	start := time.Now()
	if out, err := writeCommand(dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return time.Since(start)
}

// kill starts a run and kills it after the delay, unless it ends before.
func kill(t *testing.T, dir string, delay time.Duration) {
	t.Helper()
	cmd := writeCommand(dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // fails if the process was killed
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(delay):
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		<-ended
	}
}
