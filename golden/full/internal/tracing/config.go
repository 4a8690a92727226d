package tracing

import (
	"errors"
	"fmt"
	"os"
)

// Config holds the settings of traces. Where telemetry is sent, and how, is said
// by the variables of OpenTelemetry, the same for every service.
type Config struct {
	SampleRatio float64 `yaml:"sample_ratio" default:"1" doc:"Share of the traces that begin here which are recorded, from 0 to 1. A caller that has begun the trace has decided already. OTEL_TRACES_SAMPLER, if set, takes its place."`
}

// Validate checks the settings, and the variables of OpenTelemetry too: its
// libraries would go on without a value that they do not understand.
func (c Config) Validate() error {
	var errs []error
	if c.SampleRatio < 0 || c.SampleRatio > 1 {
		errs = append(errs, fmt.Errorf("tracing.sample_ratio: %v is not between 0 and 1", c.SampleRatio))
	}
	return errors.Join(append(errs, checkEnvironment(os.Getenv))...)
}
