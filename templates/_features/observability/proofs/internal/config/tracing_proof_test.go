package config

import "testing"

func TestProductionRecordsOneTraceInTen(t *testing.T) {
	for profile, want := range map[string]float64{"development": 1, "staging": 1, "production": 0.1} {
		f := production(t)
		f.sources.Profile = profile
		if got := f.load().Config.Tracing.SampleRatio; got != want {
			t.Errorf("%s: got %v, want %v", profile, got, want)
		}
	}
}
