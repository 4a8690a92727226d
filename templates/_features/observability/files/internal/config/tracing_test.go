package config

import (
	"reflect"
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
