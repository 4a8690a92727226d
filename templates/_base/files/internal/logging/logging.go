// Package logging writes structured logs with flat keys: time, level, msg, service and, while a request is served, its
// request_id and correlation_id. Values whose name says that they are secret are masked, however deep they lie.
package logging

import (
	"io"
	"log/slog"
)

// New returns a logger that writes to w, and the level, which may be changed while the logger is in use.
func New(cfg Config, service string, w io.Writer) (*slog.Logger, *slog.LevelVar, error) {
	level := new(slog.LevelVar)
	parsed, err := ParseLevel(cfg.Level)
	if err != nil {
		return nil, nil, err
	}
	level.Set(parsed)
	opts := &slog.HandlerOptions{Level: level}
	var out slog.Handler = slog.NewJSONHandler(w, opts)
	if cfg.Format == "text" {
		out = slog.NewTextHandler(w, opts)
	}
	h := &handler{out: out.WithAttrs([]slog.Attr{slog.String("service", service)})}
	return slog.New(h), level, nil
}
