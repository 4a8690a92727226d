package kubernetes

import (
	"slices"
	"testing"
)

func TestChooseNodesAffectsEveryService(t *testing.T) {
	zones := map[string]string{"a0": "a", "a1": "a", "b0": "b", "b1": "b", "c0": "c", "c1": "c"}
	for name, test := range map[string]struct {
		placed [][]string
		want   []string
	}{
		"one service":                         {[][]string{{"a1", "b0", "c1"}}, []string{"a0", "a1", "b0"}},
		"one service has no pod in a zone":    {[][]string{{"c1", "a1", "b1"}, {"a0", "b1", "a1"}}, []string{"a0", "a1", "b1"}},
		"one service is in a single zone":     {[][]string{{"a0", "b0", "c0"}, {"c1"}}, []string{"c0", "c1", "a0"}},
		"one service competes for its budget": {[][]string{{"a0"}, {"a1", "c0"}}, []string{"a0", "a1", "c0"}},
		"all in one zone":                     {[][]string{{"a0", "a1"}}, nil},
		"no common zone":                      {[][]string{{"a0", "a1"}, {"b0", "b1"}}, nil},
	} {
		if got := chooseNodes(zones, test.placed); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
