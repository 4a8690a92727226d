package middleware

import (
	"github.com/acme/billing-api/internal/request"
	"github.com/acme/billing-api/internal/setting"
)

// Config holds the limits and options that apply to every request.
type Config struct {
	TrustedProxies []string          `yaml:"trusted_proxies" doc:"Addresses or networks of trusted proxies, such as 10.0.0.0/8. The service ignores X-Forwarded-For from any other address. Empty trusts none."`
	MaxInFlight    int               `yaml:"max_in_flight" default:"100" doc:"Maximum number of concurrent requests, without probes. Further requests get 503. Keep max_in_flight × max_body_bytes well below the memory limit."`
	MaxBodyBytes   int64             `yaml:"max_body_bytes" default:"1048576" doc:"Largest request body, in bytes. A route may have its own limit."`
	Compression    CompressionConfig `yaml:"compression"`
}

// CompressionConfig holds the settings of the compression of responses.
type CompressionConfig struct {
	Enabled bool `yaml:"enabled" default:"true" doc:"Compress responses when the client accepts it. Turn it off if a proxy in front compresses."`
}

const maxBodyBytes = 1 << 30

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	if _, err := request.ParseProxies(c.TrustedProxies); err != nil {
		errs.Add("trusted_proxies", "%v", err)
	}
	errs.AddIf(c.MaxInFlight < 1, "max_in_flight", "%d is below 1", c.MaxInFlight)
	errs.AddIf(c.MaxBodyBytes < 1 || c.MaxBodyBytes > maxBodyBytes, "max_body_bytes",
		"%d is not between 1 and %d", c.MaxBodyBytes, maxBodyBytes)
	return errs
}
