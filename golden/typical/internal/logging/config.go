package logging

import (
	"log/slog"

	"git.example.org/shop/orders/v2/internal/setting"
)

// Config holds the settings of the log.
type Config struct {
	Level  slog.Level `yaml:"level" default:"info" doc:"Lowest level that is logged: debug, info, warn or error. A reload applies a new level without a restart."`
	Format string     `yaml:"format" default:"json" doc:"Format of the log: json for log collectors, text for people."`
}

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	errs.AddIf(c.Format != "json" && c.Format != "text", "format", "%q is not one of json, text", c.Format)
	return errs
}
