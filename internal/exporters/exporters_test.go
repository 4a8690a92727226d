package exporters_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/exporters"
)

func TestEachMetricHasOneExporter(t *testing.T) {
	owner := map[string]string{}
	var names []string
	for _, e := range exporters.All() {
		names = append(names, strings.ToLower(e.Name))
		if e.Version == "" || e.Source == "" || !slices.IsSorted(e.Metrics) {
			t.Errorf("%s: version %q, source %q, sorted %t", e.Name, e.Version, e.Source, slices.IsSorted(e.Metrics))
		}
		for _, metric := range e.Metrics {
			if other := owner[metric]; other != "" {
				t.Errorf("%s is a metric of %s and of %s", metric, other, e.Name)
			}
			owner[metric] = e.Name
			if found, ok := exporters.Of(metric); !ok || found.Name != e.Name {
				t.Errorf("%s: got %q, want %q", metric, found.Name, e.Name)
			}
		}
	}
	if len(owner) == 0 {
		t.Error("the list is empty")
	}
	if !slices.IsSorted(names) {
		t.Errorf("not sorted: %v", names)
	}
	if _, ok := exporters.Of("kube_pod_container_restarts"); ok {
		t.Error("a metric that nobody exports has an exporter")
	}
}
