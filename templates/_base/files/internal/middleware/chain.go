// Package middleware holds the layers that every request passes before it reaches its route. The outermost layers
// record, log and measure the request; the inner ones recover from panics, set headers and enforce limits. Every
// response, 404 and 405 included, has a request id and security headers, one log line and one measurement.
package middleware

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
)

// Layer is one middleware. The zero Layer is a middleware that the settings disable.
type Layer struct {
	Name  string
	Attrs []slog.Attr // effective values, logged at startup
	Wrap  func(http.Handler) http.Handler
}

type serveFunc func(w http.ResponseWriter, r *http.Request, next http.Handler)

func newLayer(name string, serve serveFunc, attrs ...slog.Attr) Layer {
	return Layer{Name: name, Attrs: attrs, Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(w, r, next) })
	}}
}

// Chain is a list of layers, outermost first. The first one must be Record, which creates the state that the others
// use.
type Chain []Layer

// Then wraps h in the layers.
func (c Chain) Then(h http.Handler) http.Handler {
	for _, l := range slices.Backward(c) {
		if l.Wrap != nil {
			h = l.Wrap(h)
		}
	}
	return h
}

// LogValue implements slog.LogValuer. It lists the active layers with their values.
func (c Chain) LogValue() slog.Value {
	var layers []string
	for _, l := range c {
		switch {
		case l.Wrap == nil:
		case len(l.Attrs) == 0:
			layers = append(layers, l.Name)
		default:
			layers = append(layers, l.Name+fmt.Sprint(l.Attrs))
		}
	}
	return slog.AnyValue(layers)
}
