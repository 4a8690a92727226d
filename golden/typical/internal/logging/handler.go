package logging

import (
	"context"
	"log/slog"

	"git.example.org/shop/orders/v2/internal/request"
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
	line.AddAttrs(requestAttrs(ctx)...)
	return h.Handler.Handle(ctx, line)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{Handler: h.Handler.WithAttrs(attrs)}
}

func (h handler) WithGroup(name string) slog.Handler {
	return handler{Handler: h.Handler.WithGroup(name)}
}

// requestAttrs returns the ids of the request in ctx.
func requestAttrs(ctx context.Context) []slog.Attr {
	attrs := make([]slog.Attr, 0, 4)
	rec := request.From(ctx)
	if rec.ID != "" {
		attrs = append(attrs, slog.String("request_id", rec.ID))
	}
	if rec.CorrelationID != "" {
		attrs = append(attrs, slog.String("correlation_id", rec.CorrelationID))
	}
	return attrs
}
