package buildinfo

import (
	"runtime/debug"
	"testing"
)

func TestBuildIsDescribed(t *testing.T) {
	recorded := &debug.BuildInfo{
		Main: debug.Module{Version: "v0.9.0"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "abc123"},
			{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
			{Key: "vcs.modified", Value: "true"},
		},
	}
	linked := Info{Version: "v1.2.3", Commit: "def456", Time: "2026-06-07T08:09:10Z"}

	for _, test := range []struct {
		rule     string
		linked   Info
		recorded *debug.BuildInfo
		want     Info
	}{
		{"the linker wins", linked, recorded, linked},
		{
			"the record of the go command fills the rest", Info{}, recorded,
			Info{Version: "v0.9.0", Commit: "abc123-modified", Time: "2026-01-02T03:04:05Z"},
		},
		{
			"development build", Info{}, &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}},
			Info{Version: "development", Commit: "unknown", Time: "unknown"},
		},
		{"no record", Info{}, nil, Info{Version: "development", Commit: "unknown", Time: "unknown"}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			if got := resolve(test.linked, test.recorded); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestRunningBuildHasAllFields(t *testing.T) {
	if got := Get(); got.Version == "" || got.Commit == "" || got.Time == "" || got.Go == "" {
		t.Errorf("a field is empty: %+v", Get())
	}
}
