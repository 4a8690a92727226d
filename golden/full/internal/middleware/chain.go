// Package middleware is what every request passes before it reaches a route: outermost the record of the request, then
// access log, metrics, recovery from panics, security headers, CORS, limits and compression. Whatever a layer or a route
// answers, 404 and 405 included, leaves through the layers outside it: with the request id and the security headers,
// logged once and counted once.
package middleware

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// Layer is one middleware with the values it works with, which are logged at the start. The zero Layer does nothing and
// is left out: it is what a middleware becomes that the settings switch off.
type Layer struct {
	Name  string
	Attrs []slog.Attr
	Wrap  func(http.Handler) http.Handler
}

// Chain is a list of layers, outermost first. Record must be the first: the others find the state of the request
// through it.
type Chain []Layer

// Then returns the chain around h.
func (c Chain) Then(h http.Handler) http.Handler {
	for _, l := range slices.Backward(c) {
		if l.Wrap != nil {
			h = l.Wrap(h)
		}
	}
	return h
}

// LogValue implements slog.LogValuer: the layers that are really active, in their order, with their values.
func (c Chain) LogValue() slog.Value {
	layers := make([]string, 0, len(c))
	for _, l := range c {
		if l.Wrap == nil {
			continue
		}
		s := l.Name
		if len(l.Attrs) > 0 {
			values := make([]string, len(l.Attrs))
			for i, a := range l.Attrs {
				values[i] = a.String()
			}
			s += "(" + strings.Join(values, " ") + ")"
		}
		layers = append(layers, s)
	}
	return slog.AnyValue(layers)
}
