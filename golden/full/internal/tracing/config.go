package tracing

import "github.com/acme/billing-api/internal/setting"

// Config holds the settings of traces. The environment variables of OpenTelemetry say where and how traces are exported.
type Config struct {
	SampleRatio   float64 `yaml:"sample_ratio" default:"1" doc:"Share of new traces that are recorded, from 0 to 1. OTEL_TRACES_SAMPLER overrides this setting."`
	TrustIncoming bool    `yaml:"trust_incoming" default:"false" doc:"Continue the traces of callers and keep their sampling decisions. Turn this on only if all callers are internal. Otherwise each request starts a new trace that links to the trace of its caller."`
}

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	errs.AddIf(!(c.SampleRatio >= 0 && c.SampleRatio <= 1), "sample_ratio", "%v is not between 0 and 1", c.SampleRatio)
	return errs
}
