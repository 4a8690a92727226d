//go:build unix

package generator

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// kills is how often each kind of target is killed; every kill is at another moment.
var kills = flag.Int("kills", 15, "how often a write is killed")

// TestAKilledWriteLeavesTheTargetAbsentOrComplete kills writing processes at random moments. The seed is printed, but the
// moments are those of the machine: what is asserted holds for each of them.
func TestAKilledWriteLeavesTheTargetAbsentOrComplete(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	usual := timeOf(t, filepath.Join(t.TempDir(), "service"))

	absent, complete := 0, 0
	root := t.TempDir()
	for range *kills {
		dir := filepath.Join(root, "service")
		killed(t, dir, moment(random, usual))
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
		t.Errorf("a run leaves what the run before it left: got %d leftovers, want at most the last one", len(entries))
	}
	mustWrite(t, sampleTree(), Target{Dir: filepath.Join(root, "service")})
	wantProject(t, filepath.Join(root, "service"), sampleTree())
	wantEntries(t, root, "service")
}

// TestWhatARunLeavesIsRemovedHoweverEarlyItWasKilled has the moments that a kill hardly ever meets, and a directory that
// only looks like what a run leaves.
func TestWhatARunLeavesIsRemovedHoweverEarlyItWasKilled(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string // nil: none, not even the owner's
		stays bool
	}{
		"the directory made":  {nil, false},
		"the file made":       {map[string]string{ownerFile: ""}, false},
		"the file marked":     {map[string]string{ownerFile: ownerMark, "project": ""}, false},
		"somebody's own":      {map[string]string{"notes": "mine"}, true},
		"with an owner's too": {map[string]string{ownerFile: "", "notes": "mine"}, true},
		"an owner's alone":    {map[string]string{ownerFile: "me"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			left := filepath.Join(root, ".service.acton-new-01234567")
			if err := os.Mkdir(left, 0o700); err != nil {
				t.Fatal(err)
			}
			for file, text := range test.files {
				if err := os.WriteFile(filepath.Join(left, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			removeSiblings(root)
			if _, err := os.Lstat(left); (err == nil) != test.stays {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestAKilledFillingIsUndoneByTheNextRun does the same where a journal takes the place of the rename: in a clone of an
// empty repository.
func TestAKilledFillingIsUndoneByTheNextRun(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	clone := func() string {
		dir := t.TempDir()
		runGit(t, dir, "init", "-q", "-b", "trunk")
		return dir
	}
	usual := timeOf(t, clone())

	undone := 0
	for range *kills {
		dir := clone()
		killed(t, dir, moment(random, usual))
		journals, err := filepath.Glob(filepath.Join(dir, ".acton-new-*.journal"))
		if err != nil {
			t.Fatal(err)
		}
		if len(journals) == 0 {
			if entries, _ := os.ReadDir(dir); len(entries) > 1 {
				wantProject(t, dir, sampleTree())
				continue
			}
		} else {
			undone++
		}
		mustWrite(t, sampleTree(), Target{Dir: dir})
		wantProject(t, dir, sampleTree())
	}
	t.Logf("of %d kills, %d left something that the next run undid", *kills, undone)
}

// moment is some time during a run, or some time after it.
func moment(random *rand.Rand, usual time.Duration) time.Duration {
	return time.Duration(random.Float64() * 2 * float64(usual))
}

func writing(dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), writeTo+"="+dir)
	return cmd
}

// timeOf returns how long a run takes that is not killed.
func timeOf(t *testing.T, dir string) time.Duration {
	t.Helper()
	start := time.Now()
	if out, err := writing(dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return time.Since(start)
}

// killed starts a run and kills it after a while, unless it ends before.
func killed(t *testing.T, dir string, after time.Duration) {
	t.Helper()
	cmd := writing(dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // that it was killed is the point
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(after):
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		<-ended
	}
}
