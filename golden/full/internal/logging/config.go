package logging

import (
	"errors"
	"fmt"
	"log/slog"
)

// Config is the section log of the settings.
type Config struct {
	Level  string `yaml:"level" default:"info" doc:"Least severe level that is logged: debug, info, warn or error. It may be changed while the service runs."`
	Format string `yaml:"format" default:"json" doc:"json for collectors, text for people."`
}

// Validate reports every value that cannot be honoured.
func (c Config) Validate() error {
	var errs []error
	if _, err := ParseLevel(c.Level); err != nil {
		errs = append(errs, fmt.Errorf("log.level: %w", err))
	}
	if c.Format != "json" && c.Format != "text" {
		errs = append(errs, fmt.Errorf("log.format: %q is neither json nor text", c.Format))
	}
	return errors.Join(errs...)
}

// ParseLevel reads the name of a level.
func ParseLevel(s string) (slog.Level, error) {
	switch s {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("%q is none of debug, info, warn and error", s)
}
