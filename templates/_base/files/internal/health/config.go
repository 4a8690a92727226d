package health

import (
	"time"

	"example.com/acme/sample-service/internal/setting"
)

// Config holds the settings of the health checks.
type Config struct {
	CheckTimeout time.Duration `yaml:"check_timeout" default:"2s" doc:"Time limit for all checks of one probe together. Set it below the timeout of the probes that call the service."`
	CacheFor     time.Duration `yaml:"cache_for" default:"1s" doc:"How long the service reuses a result, so that frequent probes put no load on dependencies."`
}

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	errs.AddIf(c.CheckTimeout <= 0 || c.CheckTimeout > 30*time.Second, "check_timeout", "%s is not above 0s and at most 30s", c.CheckTimeout)
	errs.AddIf(c.CacheFor < 0 || c.CacheFor > 30*time.Second, "cache_for", "%s is not between 0s and 30s", c.CacheFor)
	return errs
}
