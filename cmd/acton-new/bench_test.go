package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkCommand runs the command as a process, which writes and commits the project with every feature. It also
// reports the CPU time of the process. .ci/speed compares it with cp and git.
func BenchmarkCommand(b *testing.B) {
	root := b.TempDir()
	binary := filepath.Join(root, "acton-new")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	var cpu time.Duration
	n := 0
	for ; b.Loop(); n++ {
		cmd := exec.Command(binary, "orders", "--yes", "--preset", "full", "--git", "--dir", filepath.Join(root, fmt.Sprint(n)))
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(n), "cpu-ns/op")
}
