package main

import (
	"strings"
	"testing"
)

func TestConfigCheckReportsEverything(t *testing.T) {
	got := command(t, []string{"SAMPLE_SERVICE_SERVER__PROT=1", "SAMPLE_SERVICE_LOG__LEVEL=loud"}, "config", "check")
	for _, want := range []string{"SAMPLE_SERVICE_SERVER__PROT", "SAMPLE_SERVICE_LOG__LEVEL"} {
		if got.code != 1 || !strings.Contains(got.stderr, want) {
			t.Errorf("%s is missing in %+v", want, got)
		}
	}
}
