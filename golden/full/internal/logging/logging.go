// Package logging writes structured log lines with flat keys: time, level, msg, service and, within
// a request, the ids of the request and its trace. It masks attributes, groups, headers and query
// parameters whose names say that they are secret. It does not look into structs.
package logging

import (
	"io"
	"log/slog"
)

// New returns a logger that writes to w, and its level, which may be changed while the logger is in
// use. Writes to w may be concurrent.
func New(cfg Config, service string, w io.Writer) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	level.Set(cfg.Level)
	open := func(redact func([]string, slog.Attr) slog.Attr) slog.Handler {
		opts := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
		var h slog.Handler = slog.NewJSONHandler(escaper{w}, opts)
		if cfg.Format == "text" {
			h = slog.NewTextHandler(w, opts)
		}
		return h.WithAttrs([]slog.Attr{slog.String("service", service)})
	}
	return slog.New(handler{Handler: open(redact), unredacted: open(nil)}), level
}
