// The race detector empties pools at random, so allocations are counted without it.

//go:build !race

package middleware

import "testing"

func TestChainAllocations(t *testing.T) {
	routes, chain := benchChain(t)
	layers := make(map[string]Layer)
	for _, l := range chain {
		layers[l.Name] = l
	}
	base := testing.AllocsPerRun(500, serveOnce(routes))
	for name, tt := range map[string]struct {
		layers  []Layer
		ceiling float64
	}{
		"access_log": {[]Layer{layers["access_log"]}, 12},
		"metrics":    {[]Layer{layers["metrics"]}, 16},
		"chain":      {chain[1:], 48},
	} {
		got := testing.AllocsPerRun(500, serveOnce(routes, tt.layers...)) - base
		t.Logf("%s: %v of %v", name, got, tt.ceiling)
		if got > tt.ceiling {
			t.Errorf("%s makes %v allocations, want at most %v", name, got, tt.ceiling)
		}
	}
}
