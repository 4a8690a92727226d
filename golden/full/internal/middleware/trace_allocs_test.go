// The race detector makes pools forget at random, so that allocations cannot be counted with it.

//go:build !race

package middleware

import "testing"

func TestTracesStayBelowTheirAllocations(t *testing.T) {
	record := workload{request: benchRequest()}
	base := testing.AllocsPerRun(500, record.run())
	for _, w := range tracedWorkloads(t) {
		run := w.run()
		run()
		got := testing.AllocsPerRun(500, run) - base
		t.Logf("%-20s %3.0f of %3.0f", w.name, got, w.ceiling)
		if got > w.ceiling {
			t.Errorf("%s makes %v allocations, want at most %v", w.name, got, w.ceiling)
		}
	}
}
