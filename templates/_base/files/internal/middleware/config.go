package middleware

import (
	"example.com/acme/sample-service/internal/bytesize"
	"example.com/acme/sample-service/internal/request"
	"example.com/acme/sample-service/internal/setting"
)

// Config holds the settings of what every request passes through.
type Config struct {
	TrustedProxies []string          `yaml:"trusted_proxies" doc:"Addresses or networks of trusted proxies, such as 10.0.0.0/8. The service reads X-Forwarded-For only from these; without any, from nobody."`
	BodyLimit      bytesize.Size     `yaml:"body_limit" default:"10MiB" doc:"Largest request body. A route may have its own limit."`
	Compression    CompressionConfig `yaml:"compression"`
}

// CompressionConfig holds the settings of the compression of responses.
type CompressionConfig struct {
	Enabled bool `yaml:"enabled" default:"true" doc:"Compress responses when the client accepts it. Turn it off if a proxy in front compresses."`
}

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	if _, err := request.ParseProxies(c.TrustedProxies); err != nil {
		errs.Add("trusted_proxies", "%v", err)
	}
	errs.AddIf(c.BodyLimit < 1 || c.BodyLimit > bytesize.GiB, "body_limit", "%s is not between 1B and 1GiB", c.BodyLimit)
	return errs
}
