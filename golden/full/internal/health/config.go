package health

import (
	"time"

	"github.com/acme/billing-api/internal/setting"
)

// Config holds the settings of the health checks.
type Config struct {
	CheckTimeout time.Duration `yaml:"check_timeout" default:"2s" doc:"Time limit for all checks of one probe, at most 30s. Must be shorter than the timeout of the probe."`
	CacheFor     time.Duration `yaml:"cache_for" default:"1s" doc:"How long a result is reused, at most 30s, so that frequent probes put no load on dependencies."`
}

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	errs.AddIf(c.CheckTimeout <= 0 || c.CheckTimeout > 30*time.Second, "check_timeout", "must be greater than 0s and at most 30s")
	errs.AddIf(c.CacheFor < 0 || c.CacheFor > 30*time.Second, "cache_for", "must be between 0s and 30s")
	return errs
}
