package tracing

import (
	"os"
	"strings"

	"example.com/acme/sample-service/internal/setting"
)

// Config holds the settings of traces. The variables of OpenTelemetry say where and how telemetry is sent.
type Config struct {
	SampleRatio float64 `yaml:"sample_ratio" default:"1" doc:"Share of new traces that are recorded, from 0 to 1. A trace that a caller started keeps the decision of the caller. OTEL_TRACES_SAMPLER overrides this setting."`
}

// Validate checks the settings, and the variables of OpenTelemetry, whose libraries would ignore a wrong value.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	errs.AddIf(c.SampleRatio < 0 || c.SampleRatio > 1, "sample_ratio", "%v is not between 0 and 1", c.SampleRatio)
	if err := checkEnvironment(os.Getenv); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			variable, reason, _ := strings.Cut(line, ": ")
			errs.Add(variable, "%s", reason)
		}
	}
	return errs
}
