package middleware

import (
	"errors"
	"fmt"

	"github.com/acme/billing-api/internal/bytesize"
	"github.com/acme/billing-api/internal/request"
)

// Config is the section http of the settings.
type Config struct {
	TrustedProxies []string          `yaml:"trusted_proxies" doc:"Addresses and networks of the proxies in front, such as 10.0.0.0/8. Only their X-Forwarded-For is believed; empty believes nobody."`
	BodyLimit      bytesize.Size     `yaml:"body_limit" default:"10MiB" doc:"Largest request body. A route may have its own limit."`
	Compression    CompressionConfig `yaml:"compression"`
}

// CompressionConfig is the section http.compression of the settings.
type CompressionConfig struct {
	Enabled bool `yaml:"enabled" default:"true" doc:"Compress responses for callers that ask for it. Switch it off when a proxy in front compresses."`
}

// Validate reports every value that cannot be honoured.
func (c Config) Validate() error {
	var errs []error
	if _, err := request.ParseProxies(c.TrustedProxies); err != nil {
		errs = append(errs, fmt.Errorf("http.trusted_proxies: %w", err))
	}
	if c.BodyLimit < 1 || c.BodyLimit > bytesize.GiB {
		errs = append(errs, fmt.Errorf("http.body_limit: %s is not between 1B and 1GiB", c.BodyLimit))
	}
	return errors.Join(errs...)
}
