// Package config reads the settings of the service.
//
// Every setting is a field of [Config], or of the Config of the package that
// uses it. Its tags are the only place where it is described: yaml names it,
// default is its value if nobody sets it, doc says what it does. The reference
// in docs/configuration.md and the example in config/example.yaml are made
// from these tags. A struct is a section; without a default a key is empty.
//
// Settings come in layers, each of which overrides those before it: defaults,
// the profile, /etc/sample-service/config.yaml, config.yaml in the XDG
// directory of the user, config.yaml in the working directory, the file named
// by --config, the environment, flags. Whatever is unknown, doubled, of the
// wrong type or not allowed is an error that names its place, and all errors
// are reported together.
package config

import (
	"strings"
	"time"

	"example.com/acme/sample-service/internal/health"
	"example.com/acme/sample-service/internal/httpserver"
	"example.com/acme/sample-service/internal/logging"
	"example.com/acme/sample-service/internal/middleware"
	settings "example.com/acme/sample-service/internal/setting"
	"example.com/acme/sample-service/internal/telemetry"
	//{{slot "config/imports"}}
)

// Config holds all settings, one field for each part of the service.
type Config struct {
	Service Service               `yaml:"service" doc:"What this service is called, and where it runs."`
	Server  httpserver.Config     `yaml:"server" doc:"The listener of the API, and how it stops."`
	HTTP    middleware.Config     `yaml:"http" doc:"What is accepted from clients."`
	CORS    middleware.CORSConfig `yaml:"cors" doc:"Which web pages of other origins may call the API. Without an origin, none."`
	Log     logging.Config        `yaml:"log" doc:"The log on standard output."`
	Metrics telemetry.Config      `yaml:"metrics" doc:"The listener for metrics, apart from the API and never public."`
	Health  health.Config         `yaml:"health" doc:"The answers to /health and /ready."`
	//{{slot "config/fields"}}
}

// Service says what this service is called, and where it runs.
type Service struct {
	Name              string   `yaml:"name" default:"sample-service" doc:"Name in logs, metrics and health reports."`
	Profile           string   `yaml:"profile" default:"development" doc:"Set of defaults: development, staging or production. Production also refuses what is unsafe."`
	AllowInProduction []string `yaml:"allow_in_production" doc:"Words for what production shall not refuse, such as pprof or debug-log. Whatever is refused names its word."`
}

// Validate checks the settings.
func (s Service) Validate() settings.Errors {
	var errs settings.Errors
	errs.AddIf(strings.TrimSpace(s.Name) != s.Name, "name", "must not begin or end with a space")
	known := waivers()
	for _, word := range s.AllowInProduction {
		errs.AddIf(!known[word], "allow_in_production", "unknown waiver %q%s", word, didYouMean(word, sorted(known)))
	}
	return errs
}

// Validate checks what concerns several sections. Everything that a request waits for must time out before the request
// does, or the response does not say why.
func (c Config) Validate() settings.Errors {
	var errs settings.Errors
	for _, wait := range []struct {
		key   string
		limit time.Duration
	}{
		{"health.check_timeout", c.Health.CheckTimeout},
		//{{slot "config/within-request"}}
	} {
		errs.AddIf(wait.limit >= c.Server.RequestTimeout, wait.key,
			"%s must be below server.request_timeout, which is %s", wait.limit, c.Server.RequestTimeout)
	}
	return errs
}

// Production reports whether the rules of production hold.
func (c Config) Production() bool { return c.Service.Profile == "production" }
