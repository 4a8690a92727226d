package logging

import (
	"context"
	"log/slog"

	"github.com/acme/billing-api/internal/request"
)

// handler adds the ids of the request to each line. Inside an open group they belong to the group.
type handler struct {
	slog.Handler
	unredacted slog.Handler // nil after With
}

// Unredacted returns a handler that writes to the same log without searching each attribute for
// secrets. It is for lines whose attributes are known.
func Unredacted(h slog.Handler) slog.Handler {
	if own, ok := h.(handler); ok && own.unredacted != nil {
		return handler{Handler: own.unredacted}
	}
	return h
}

func (h handler) Handle(ctx context.Context, line slog.Record) error {
	rec := request.From(ctx)
	if rec.ID != "" {
		line.AddAttrs(slog.String("request_id", rec.ID))
	}
	if rec.CorrelationID != "" {
		line.AddAttrs(slog.String("correlation_id", rec.CorrelationID))
	}
	return h.Handler.Handle(ctx, line)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{Handler: h.Handler.WithAttrs(attrs)}
}

func (h handler) WithGroup(name string) slog.Handler {
	return handler{Handler: h.Handler.WithGroup(name)}
}
