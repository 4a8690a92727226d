package logging

import (
	"fmt"
	"log/slog"

	"github.com/acme/billing-api/internal/setting"
)

// Config holds the settings of the log.
type Config struct {
	Level  string `yaml:"level" default:"info" doc:"Lowest level that is logged: debug, info, warn or error. A reload applies a new level without a restart."`
	Format string `yaml:"format" default:"json" doc:"Format of the log: json for log collectors, text for people."`
}

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	if _, err := ParseLevel(c.Level); err != nil {
		errs.Add("level", "%v", err)
	}
	errs.AddIf(c.Format != "json" && c.Format != "text", "format", "%q is not one of json, text", c.Format)
	return errs
}

// ParseLevel returns the level of a name.
func ParseLevel(name string) (slog.Level, error) {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[name]
	if !ok {
		return 0, fmt.Errorf("%q is not one of debug, info, warn, error", name)
	}
	return level, nil
}
