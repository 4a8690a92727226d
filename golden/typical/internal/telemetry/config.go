package telemetry

import "git.example.org/shop/orders/v2/internal/httpserver"

// Config holds the settings of the listener for metrics.
type Config struct {
	Bind  string `yaml:"bind" default:"0.0.0.0" doc:"IP address to listen on; 0.0.0.0 and :: mean all."`
	Port  int    `yaml:"port" default:"9090" doc:"Port to listen on; 0 takes any that is free."`
	Pprof bool   `yaml:"pprof" default:"false" doc:"Serves profiles under /debug/pprof/. They show memory of the process: production refuses this unless it is waived."`
}

// Validate checks the settings.
func (c Config) Validate() error { return httpserver.CheckAddress("metrics", c.Bind, c.Port) }
