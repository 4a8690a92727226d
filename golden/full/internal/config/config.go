// Package config reads the settings of the service.
//
// Every setting is a field of [Config], or of the Config of the package that
// uses it. Its tags are the only place where it is described: yaml names it,
// default is its value if nobody sets it, doc says what it does. The reference
// in docs/configuration.md and the example in config/example.yaml are made
// from these tags. A struct is a section; without a default a key is empty.
//
// Settings come in layers, each of which overrides those before it: defaults,
// the profile, /etc/billing-api/config.yaml, config.yaml in the XDG
// directory of the user, config.yaml in the working directory, the file named
// by --config, the environment, flags. Whatever is unknown, doubled, of the
// wrong type or not allowed is an error that names its place, and all errors
// are reported together.
package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/acme/billing-api/internal/directory"
	"github.com/acme/billing-api/internal/health"
	"github.com/acme/billing-api/internal/httpserver"
	"github.com/acme/billing-api/internal/logging"
	"github.com/acme/billing-api/internal/middleware"
	"github.com/acme/billing-api/internal/postgres"
	"github.com/acme/billing-api/internal/telemetry"
	"github.com/acme/billing-api/internal/tracing"
)

// Config holds all settings, one field for each part of the service.
type Config struct {
	Service   Service               `yaml:"service" doc:"What this service is called, and where it runs."`
	Server    httpserver.Config     `yaml:"server" doc:"The listener of the API, and how it stops."`
	HTTP      middleware.Config     `yaml:"http" doc:"What is accepted from clients."`
	CORS      middleware.CORSConfig `yaml:"cors" doc:"Which web pages of other origins may call the API. Without an origin, none."`
	Log       logging.Config        `yaml:"log" doc:"The log on standard output."`
	Metrics   telemetry.Config      `yaml:"metrics" doc:"The listener for metrics, apart from the API and never public."`
	Health    health.Config         `yaml:"health" doc:"The answers to /health and /ready."`
	Directory directory.Config      `yaml:"directory" doc:"The service that knows owners. It is asked before anything is created for one."`
	Database  postgres.Config       `yaml:"database" doc:"PostgreSQL, which keeps the data."`
	Tracing   tracing.Config        `yaml:"tracing" doc:"Traces of requests. Where they are sent is said by the variables of OpenTelemetry, such as OTEL_EXPORTER_OTLP_ENDPOINT."`
}

// Service says what this service is called, and where it runs.
type Service struct {
	Name              string   `yaml:"name" default:"billing-api" doc:"Name in logs, metrics and health reports."`
	Profile           string   `yaml:"profile" default:"development" doc:"Set of defaults: development, staging or production. Production also refuses what is unsafe."`
	AllowInProduction []string `yaml:"allow_in_production" doc:"Words for what production shall not refuse, such as pprof or debug-log. Whatever is refused names its word."`
}

// Validate checks the section on its own.
func (s Service) Validate() error {
	var errs []error
	if strings.TrimSpace(s.Name) != s.Name {
		errs = append(errs, errors.New("service.name: must not begin or end with a space"))
	}
	known := waivers()
	for _, word := range s.AllowInProduction {
		if !known[word] {
			errs = append(errs, fmt.Errorf("service.allow_in_production: unknown word %q%s", word, didYouMean(word, sorted(known))))
		}
	}
	return errors.Join(errs...)
}

// Validate checks what concerns several sections. Whatever a request waits for
// must give up before the request itself does, or nobody hears the reason.
func (c Config) Validate() error {
	var errs []error
	for _, wait := range []struct {
		key   string
		limit time.Duration
	}{
		{"health.check_timeout", c.Health.CheckTimeout},
		{"directory.timeout", c.Directory.Timeout},

		{"database.connect_timeout", c.Database.ConnectTimeout},
		{"database.acquire_timeout", c.Database.AcquireTimeout},
		{"database.statement_timeout", c.Database.StatementTimeout},
	} {
		if wait.limit >= c.Server.RequestTimeout {
			errs = append(errs, fmt.Errorf("%s: %s must be below server.request_timeout, which is %s", wait.key, wait.limit, c.Server.RequestTimeout))
		}
	}
	return errors.Join(errs...)
}

// Production reports whether the rules of production hold.
func (c Config) Production() bool { return c.Service.Profile == "production" }
