package health

import (
	"errors"
	"fmt"
	"time"
)

// Config holds the settings of the health checks.
type Config struct {
	CheckTimeout time.Duration `yaml:"check_timeout" default:"2s" doc:"Time in which all checks of one probe must answer. Must be below the timeout of the probes that call it."`
	CacheFor     time.Duration `yaml:"cache_for" default:"1s" doc:"How long an answer is reused, so that frequent probes put no load on dependencies."`
}

// Validate checks the settings.
func (c Config) Validate() error {
	var errs []error
	if c.CheckTimeout <= 0 || c.CheckTimeout > 30*time.Second {
		errs = append(errs, fmt.Errorf("health.check_timeout: %s is not between 0s and 30s", c.CheckTimeout))
	}
	if c.CacheFor < 0 || c.CacheFor > 30*time.Second {
		errs = append(errs, fmt.Errorf("health.cache_for: %s is not between 0s and 30s", c.CacheFor))
	}
	return errors.Join(errs...)
}
