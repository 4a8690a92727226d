package main

import (
	"log/slog"
	"runtime/debug"
	"testing"
)

func TestTheOperatorsGOGCIsKept(t *testing.T) {
	const before = 150
	defer debug.SetGCPercent(debug.SetGCPercent(before))
	for gogc, want := range map[string]int{"": collectAt, "50": before} {
		debug.SetGCPercent(before)
		t.Setenv("GOGC", gogc)
		tuneCollector(t.Context(), slog.New(slog.DiscardHandler))
		if got := debug.SetGCPercent(before); got != want {
			t.Errorf("GOGC=%q: got %d percent, want %d", gogc, got, want)
		}
	}
}
