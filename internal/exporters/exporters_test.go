package exporters_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/exporters"
)

func TestEveryMetricHasExactlyOneExporter(t *testing.T) {
	owner := map[string]string{}
	var names []string
	for _, e := range exporters.All() {
		names = append(names, strings.ToLower(e.Name))
		if e.Version == "" || e.Source == "" || !slices.IsSorted(e.Metrics) {
			t.Errorf("%s: want a version, a source and sorted metrics; got version %q, source %q, sorted %t", e.Name, e.Version, e.Source, slices.IsSorted(e.Metrics))
		}
		for _, metric := range e.Metrics {
			if other := owner[metric]; other != "" {
				t.Errorf("both %[2]s and %[3]s list %[1]s", metric, other, e.Name)
			}
			owner[metric] = e.Name
			if found, ok := exporters.Lookup(metric); !ok || found.Name != e.Name {
				t.Errorf("%s: got %q, want %q", metric, found.Name, e.Name)
			}
		}
	}
	if len(owner) == 0 {
		t.Error("no exporter has metrics")
	}
	if !slices.IsSorted(names) {
		t.Errorf("exporters are not sorted by name: %v", names)
	}
	if _, ok := exporters.Lookup("kube_pod_container_restarts"); ok {
		t.Error("found an exporter for a metric that does not exist")
	}
}
