package logging

import (
	"context"
	"log/slog"
	"slices"

	"git.example.org/shop/orders/v2/internal/request"
)

// handler adds the ids of the request to each line, outside of all groups.
type handler struct {
	out        slog.Handler                      // has no open group
	inGroup    []func(slog.Handler) slog.Handler // WithGroup, and every step after it
	unredacted slog.Handler
}

// Unredacted returns a handler that writes to the same log without searching each attribute for
// secrets. It is for lines whose attributes are known.
func Unredacted(h slog.Handler) slog.Handler {
	if own, ok := h.(*handler); ok && own.unredacted != nil {
		return &handler{out: own.unredacted}
	}
	return h
}

func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.out.Enabled(ctx, level)
}

func (h *handler) Handle(ctx context.Context, line slog.Record) error {
	out := h.out.WithAttrs(requestAttrs(ctx))
	for _, step := range h.inGroup {
		out = step(out)
	}
	return out.Handle(ctx, line)
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.inGroup) == 0 {
		return &handler{out: h.out.WithAttrs(attrs)}
	}
	return h.then(func(out slog.Handler) slog.Handler { return out.WithAttrs(attrs) })
}

func (h *handler) WithGroup(name string) slog.Handler {
	return h.then(func(out slog.Handler) slog.Handler { return out.WithGroup(name) })
}

func (h *handler) then(step func(slog.Handler) slog.Handler) slog.Handler {
	return &handler{out: h.out, inGroup: append(slices.Clip(h.inGroup), step)}
}

// requestAttrs returns the ids of the request in ctx.
func requestAttrs(ctx context.Context) []slog.Attr {
	var attrs []slog.Attr
	rec := request.From(ctx)
	if rec.ID != "" {
		attrs = append(attrs, slog.String("request_id", rec.ID))
	}
	if rec.CorrelationID != "" {
		attrs = append(attrs, slog.String("correlation_id", rec.CorrelationID))
	}
	return attrs
}
