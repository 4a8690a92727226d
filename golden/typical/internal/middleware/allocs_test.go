// The race detector makes pools forget at random, so that allocations cannot be counted with it.

//go:build !race

package middleware

import "testing"

func TestLayersStayBelowTheirAllocations(t *testing.T) {
	base := 0.0
	for _, w := range workloads(t) {
		run := w.run()
		run() // pools and prepared attributes are filled
		got := testing.AllocsPerRun(500, run)
		if w.name == "record" {
			base = got
		} else {
			got -= base
		}
		t.Logf("%-20s %3.0f of %3.0f", w.name, got, w.ceiling)
		if got > w.ceiling {
			t.Errorf("%s makes %v allocations, want at most %v", w.name, got, w.ceiling)
		}
	}
}
