package tracing

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/acme/sample-service/test/pki"
)

func TestVariablesThatCannotBeHonouredAreRefusedByName(t *testing.T) {
	dir := t.TempDir()
	authority, empty := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "empty.pem")
	pki.NewAuthority(t, "collector").WriteTo(authority)
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string]struct{ good, bad []string }{
		"OTEL_SDK_DISABLED":                                 {[]string{"true", "FALSE", ""}, []string{"yes", "1"}},
		"OTEL_TRACES_SAMPLER":                               {[]string{"always_off", "parentbased_traceidratio"}, []string{"sometimes", "jaeger_remote"}},
		"OTEL_PROPAGATORS":                                  {[]string{"tracecontext,baggage", "b3", "none"}, []string{"w3c", "tracecontext;baggage"}},
		"OTEL_RESOURCE_ATTRIBUTES":                          {[]string{"team=blue,k8s.pod.name=a%20b"}, []string{"team", "team=%zz", "=blue"}},
		"OTEL_TRACES_EXPORTER":                              {[]string{"otlp", "none"}, []string{"console", "zipkin"}},
		"OTEL_METRICS_EXPORTER":                             {[]string{"otlp", "none"}, []string{"prometheus"}},
		"OTEL_METRICS_EXEMPLAR_FILTER":                      {[]string{"trace_based"}, []string{"with_sampled_trace"}},
		"OTEL_METRIC_EXPORT_INTERVAL":                       {[]string{"60000"}, []string{"60s", "0", "-1"}},
		"OTEL_BSP_SCHEDULE_DELAY":                           {[]string{"5000"}, []string{"5s"}},
		"OTEL_BSP_MAX_QUEUE_SIZE":                           {[]string{"1"}, []string{"0", "many"}},
		"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT":                   {[]string{"0", "128"}, []string{"-1"}},
		"OTEL_EXPORTER_OTLP_ENDPOINT":                       {[]string{"http://127.0.0.1:4318", "https://otlp.example.com/x"}, []string{"127.0.0.1:4317", "collector", "ftp://x", "http://"}},
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS":                 {[]string{"api-key=k,x-scope=a%20b"}, []string{"api-key", "api key=hunter2", "=hunter2", "k=%zz"}},
		"OTEL_EXPORTER_OTLP_PROTOCOL":                       {[]string{"grpc", "http/protobuf"}, []string{"http/json", "GRPC", "http"}},
		"OTEL_EXPORTER_OTLP_TIMEOUT":                        {[]string{"10000"}, []string{"10s"}},
		"OTEL_EXPORTER_OTLP_COMPRESSION":                    {[]string{"gzip", "none"}, []string{"zstd"}},
		"OTEL_EXPORTER_OTLP_INSECURE":                       {[]string{"true"}, []string{"insecure"}},
		"OTEL_EXPORTER_OTLP_CERTIFICATE":                    {[]string{authority}, []string{filepath.Join(dir, "gone.pem"), empty}},
		"OTEL_EXPORTER_OTLP_CLIENT_KEY":                     {nil, []string{"key.pem"}},
		"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": {[]string{"delta"}, []string{"sum"}},
	} {
		check := func(value string) error {
			return checkEnvironment(func(asked string) string {
				if asked == name {
					return value
				}
				return ""
			})
		}
		for _, value := range values.good {
			if err := check(value); err != nil {
				t.Errorf("%s=%s: got %v, want nil", name, value, err)
			}
		}
		for _, value := range values.bad {
			err := check(value)
			if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s=%s: got %v, want an error that names the variable and no secret", name, value, err)
			}
		}
	}
}

func TestTheArgumentCountsForSamplersThatHaveOne(t *testing.T) {
	for _, tt := range []struct {
		sampler, argument string
		ok                bool
	}{
		{"traceidratio", "0.5", true},
		{"parentbased_traceidratio", "", true},
		{"parentbased_traceidratio", "1.5", false},
		{"traceidratio", "NaN", false},
		{"always_on", "whatever", true},
		{"", "whatever", true},
	} {
		err := checkEnvironment(func(name string) string {
			return map[string]string{envSampler: tt.sampler, envSamplerArg: tt.argument}[name]
		})
		if ok := err == nil; ok != tt.ok || !ok && !strings.HasPrefix(err.Error(), envSamplerArg+": ") {
			t.Errorf("%+v: got %v", tt, err)
		}
	}
}

func TestTheEnvironmentIsReportedCompletelyAndInOrder(t *testing.T) {
	for range 10 {
		err := checkEnvironment(func(name string) string {
			return map[string]string{"OTEL_BSP_EXPORT_TIMEOUT": "x", envDisabled: "x", envOTLP + "CLIENT_KEY": "x", envOTLP + "TIMEOUT": "x"}[name]
		})
		var names []string
		for line := range strings.SplitSeq(err.Error(), "\n") {
			name, _, _ := strings.Cut(line, ": ")
			names = append(names, name)
		}
		if got, want := strings.Join(names, " "), "OTEL_BSP_EXPORT_TIMEOUT OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE OTEL_EXPORTER_OTLP_TIMEOUT OTEL_SDK_DISABLED"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTheVariableOfASignalComesFirst(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://common:4318")
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://user:hunter2@own:4317")
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc")
	if got, want := traces.destination(), "http/protobuf http://common:4318"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := metrics.destination(), "grpc http://user:xxxxx@own:4317"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	if got := traces.destination(); got != "off" {
		t.Errorf("got %s without an exporter, want off", got)
	}
	t.Setenv("OTEL_SDK_DISABLED", "TRUE")
	if got := metrics.destination(); got != "off" {
		t.Errorf("got %s when switched off, want off", got)
	}
}

func TestRatioIsChecked(t *testing.T) {
	for ratio, ok := range map[float64]bool{0: true, 0.1: true, 1: true, -0.1: false, 1.1: false} {
		errs := Config{SampleRatio: ratio}.Validate()
		if (errs == nil) != ok || !ok && errs[0].Key != "sample_ratio" {
			t.Errorf("%v: got %v", ratio, errs)
		}
	}
}
