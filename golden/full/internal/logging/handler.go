package logging

import (
	"context"
	"log/slog"
	"time"

	"github.com/acme/billing-api/internal/request"
)

// handler adds the ids of the request and masks what is sensitive, then hands over to the handler that writes. It works
// on the attributes instead of using ReplaceAttr, which would cost several times as much for every line.
type handler struct {
	out    slog.Handler
	groups []group // open groups, outermost first; out never has one open, so that the ids stay at the top
}

// group is a group opened by WithGroup, with the attributes added to it since.
type group struct {
	name  string
	attrs []slog.Attr
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.out.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	attrs = redactAll(attrs)
	if len(h.groups) == 0 {
		return &handler{out: h.out.WithAttrs(attrs)}
	}
	groups := append([]group(nil), h.groups...)
	last := &groups[len(groups)-1]
	last.attrs = append(last.attrs[:len(last.attrs):len(last.attrs)], attrs...)
	return &handler{out: h.out, groups: groups}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &handler{out: h.out, groups: append(h.groups[:len(h.groups):len(h.groups)], group{name: name})}
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, in slog.Record) error {
	var buf [24]slog.Attr // on the stack: room for an access line without an allocation
	attrs := requestAttrs(ctx, buf[:0])
	if len(h.groups) == 0 {
		in.Attrs(func(a slog.Attr) bool {
			attrs = append(attrs, redact(a))
			return true
		})
	} else {
		attrs = append(attrs, h.grouped(in))
	}
	out := slog.NewRecord(in.Time, in.Level, in.Message, in.PC)
	out.AddAttrs(attrs...)
	return h.out.Handle(ctx, out)
}

// Write writes a line whose attributes are known to hold nothing sensitive, under fixed names: what is written with every
// request is not searched for secrets, and made into a record once instead of twice.
func Write(ctx context.Context, out slog.Handler, at time.Time, level slog.Level, msg string, attrs ...slog.Attr) error {
	// The program counter is left out: it would have to be looked up, and is that of the caller every time.
	line := slog.NewRecord(at, level, msg, 0)
	if h, ok := out.(*handler); ok && len(h.groups) == 0 {
		out = h.out
		var buf [8]slog.Attr // on the stack
		line.AddAttrs(requestAttrs(ctx, buf[:0])...)
	}
	line.AddAttrs(attrs...)
	return out.Handle(ctx, line)
}

// requestAttrs appends what names the request in ctx.
func requestAttrs(ctx context.Context, attrs []slog.Attr) []slog.Attr {
	rec := request.From(ctx)
	if rec.ID != "" {
		attrs = append(attrs, slog.String("request_id", rec.ID))
	}
	if rec.CorrelationID != "" {
		attrs = append(attrs, slog.String("correlation_id", rec.CorrelationID))
	}
	attrs = traceAttrs(ctx, rec, attrs)
	return attrs
}

// grouped returns the attributes of the record inside the open groups.
func (h *handler) grouped(in slog.Record) slog.Attr {
	var inner []slog.Attr
	in.Attrs(func(a slog.Attr) bool {
		inner = append(inner, redact(a))
		return true
	})
	for i := len(h.groups) - 1; i >= 0; i-- {
		g := h.groups[i]
		value := slog.GroupValue(append(g.attrs[:len(g.attrs):len(g.attrs)], inner...)...)
		// The name of a group may be sensitive itself.
		inner = []slog.Attr{redact(slog.Attr{Key: g.name, Value: value})}
	}
	return inner[0]
}
