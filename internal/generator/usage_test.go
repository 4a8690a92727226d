package generator

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// peakMemory returns the peak resident set size of this process in MiB.
func peakMemory(t testing.TB) float64 {
	t.Helper()
	for line := range strings.Lines(readProc(t, "status")) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			return float64(number(t, fields[1])) / 1024
		}
	}
	t.Fatal("/proc/self/status has no VmHWM")
	return 0
}

// cpuTime returns the CPU time of this process.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	text := readProc(t, "stat")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // from the third field; see proc_pid_stat(5)
	const ticks = 100                                                   // per second, on every Linux
	return time.Duration(number(t, fields[11])+number(t, fields[12])) * time.Second / ticks
}

func readProc(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/" + name)
	if err != nil {
		t.Skip("needs /proc to measure CPU time and memory")
	}
	return string(text)
}

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
