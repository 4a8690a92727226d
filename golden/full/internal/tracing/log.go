package tracing

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/time/rate"
)

// maxLines is how many errors of OpenTelemetry are logged in a minute. While a collector is down, each batch fails.
const maxLines = 5

// errorHandler logs the errors of OpenTelemetry as warnings.
type errorHandler struct {
	log        *slog.Logger
	limiter    *rate.Limiter
	suppressed atomic.Int64 // errors since the last line
}

func newErrorHandler(log *slog.Logger) *errorHandler {
	return &errorHandler{log: log, limiter: rate.NewLimiter(rate.Every(time.Minute/maxLines), maxLines)}
}

// Handle implements otel.ErrorHandler.
func (h *errorHandler) Handle(err error) {
	if !h.limiter.Allow() {
		h.suppressed.Add(1)
		return
	}
	h.log.LogAttrs(context.Background(), slog.LevelWarn, "telemetry failed",
		slog.Any("error", err), slog.Int64("suppressed", h.suppressed.Swap(0)))
}

// newLogger returns a logger for OpenTelemetry, which passes its warnings and errors to log.
func newLogger(log *slog.Logger) logr.Logger { return logr.New(sink{log}) }

// sink implements logr.LogSink. It drops the key-value pairs of a message: some quote a header or URL with a secret.
type sink struct{ log *slog.Logger }

func (sink) Init(logr.RuntimeInfo) {}

// Enabled passes warnings, which OpenTelemetry logs at verbosity 1, and drops its info and debug messages.
func (sink) Enabled(verbosity int) bool { return verbosity <= 1 }

func (s sink) Info(_ int, message string, _ ...any) {
	s.log.Warn("OpenTelemetry: " + message)
}

func (s sink) Error(err error, message string, _ ...any) {
	if invalid, ok := errors.AsType[*url.Error](err); ok {
		err = invalid.Err // without the URL
	}
	s.log.Warn("OpenTelemetry: "+message, slog.Any("error", err))
}

func (s sink) WithValues(...any) logr.LogSink { return s }
func (s sink) WithName(string) logr.LogSink   { return s }
