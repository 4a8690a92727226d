// Package config loads the settings of the service.
//
// Each setting is a field of [Config], or of the Config of the package that uses it. The tags of the field are its only
// description: yaml is its name, default its default, doc its meaning. `make settings` writes docs/configuration.md
// from these tags.
//
// Settings come in layers. Each layer overrides the layers before it: defaults, the profile,
// /etc/billing-api/config.yaml, config.yaml in the user's XDG directory, config.yaml in the working directory, the
// file of --config, the environment, flags. An unknown key or a value that the service cannot use is an error.
package config

import (
	"slices"
	"strings"

	"github.com/acme/billing-api/internal/health"
	"github.com/acme/billing-api/internal/httpserver"
	"github.com/acme/billing-api/internal/logging"
	"github.com/acme/billing-api/internal/middleware"
	"github.com/acme/billing-api/internal/setting"
	"github.com/acme/billing-api/internal/telemetry"
)

// Config holds all settings, in one section for each part of the service.
type Config struct {
	Service Service               `yaml:"service" doc:"The name of the service and its profile."`
	Server  httpserver.Config     `yaml:"server" doc:"The API listener, its time limits and its shutdown."`
	HTTP    middleware.Config     `yaml:"http" doc:"Limits and options for every request."`
	CORS    middleware.CORSConfig `yaml:"cors" doc:"Web pages of other origins that may call the API. By default none may."`
	Log     logging.Config        `yaml:"log" doc:"The log on standard output."`
	Metrics telemetry.Config      `yaml:"metrics" doc:"The listener for metrics. It is separate from the API and must not be public."`
	Health  health.Config         `yaml:"health" doc:"The health checks behind /health and /ready."`
}

// Service names the service and its profile.
type Service struct {
	Name              string   `yaml:"name" default:"billing-api" doc:"Name of the service in logs, metrics and health reports."`
	Profile           string   `yaml:"profile" default:"development" doc:"Set of defaults: development, staging or production. Production also refuses unsafe settings."`
	AllowInProduction []string `yaml:"allow_in_production" doc:"Production safety checks to waive. The error for a failed check names the waiver that disables it."`
}

// Validate checks the settings.
func (s Service) Validate() setting.Errors {
	var errs setting.Errors
	errs.AddIf(strings.TrimSpace(s.Name) != s.Name, "name", "must not begin or end with a space")
	known := waivers()
	for _, waiver := range s.AllowInProduction {
		errs.AddIf(!slices.Contains(known, waiver), "allow_in_production",
			"unknown waiver %q; use one of %s", waiver, strings.Join(known, ", "))
	}
	return errs
}

// Validate checks settings of different sections against each other. A request must outlive each operation that it
// waits for, so that the log can say which of them timed out.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	limit := c.Server.RequestTimeout
	errs.AddIf(c.Health.CheckTimeout >= limit, "health.check_timeout", "must be below server.request_timeout, which is %s", limit)
	errs.AddIf(c.Server.Port == c.Metrics.Port && c.Metrics.Port != 0, "metrics.port", "must differ from server.port")
	return errs
}

// Production reports whether the rules of production apply.
func (c Config) Production() bool { return c.Service.Profile == "production" }
