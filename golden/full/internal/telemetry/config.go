package telemetry

import (
	"github.com/acme/billing-api/internal/httpserver"
	"github.com/acme/billing-api/internal/setting"
)

// Config holds the settings of the listener for metrics.
type Config struct {
	Bind  string `yaml:"bind" default:"0.0.0.0" doc:"IP address to listen on; 0.0.0.0 and :: mean every address."`
	Port  int    `yaml:"port" default:"9090" doc:"Port to listen on; 0 picks a free port."`
	Pprof bool   `yaml:"pprof" default:"false" doc:"Serve profiles under /debug/pprof/. Profiles show process memory; production refuses them without a waiver."`
}

// Validate checks the settings.
func (c Config) Validate() setting.Errors { return httpserver.CheckAddress(c.Bind, c.Port) }
