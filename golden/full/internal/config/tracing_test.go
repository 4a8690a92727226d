package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestProductionRecordsOneTraceInTen(t *testing.T) {
	schema, err := newSchema(reflect.TypeFor[Config]())
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range profileNames() {
		values, problems := schema.readProfile(setting{value: reflect.ValueOf(profile)})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		ratio, set := values["tracing.sample_ratio"]
		if set != (profile == "production") || set && ratio.value.Float() != 0.1 {
			t.Errorf("%s: got %v, want 0.1 in production and nothing else", profile, ratio.value)
		}
	}
}

func TestWrongVariablesOfOpenTelemetryAreReportedWithTheRest(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "sometimes")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")
	f := newFixture(t)
	f.sources.Set = []string{"tracing.sample_ratio=2"}
	got := f.problems()
	for _, want := range []string{"OTEL_TRACES_SAMPLER: ", "OTEL_EXPORTER_OTLP_TIMEOUT: ", "--set: tracing.sample_ratio: "} {
		found := 0
		for _, problem := range got {
			if strings.HasPrefix(problem, want) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("got %q, want one that begins with %q", got, want)
		}
	}
}
