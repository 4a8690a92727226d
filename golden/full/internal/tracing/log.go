package tracing

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// maxLines is how many errors of OpenTelemetry are logged in a minute. While a collector is down, each batch fails.
const maxLines = 5

// errorHandler logs the errors of OpenTelemetry as warnings.
type errorHandler struct {
	log *slog.Logger

	mu         sync.Mutex
	minute     time.Time // when the current minute began
	lines      int       // logged in this minute
	suppressed int       // not logged since the last line
}

// Handle implements otel.ErrorHandler.
func (h *errorHandler) Handle(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); now.Sub(h.minute) >= time.Minute {
		h.minute, h.lines = now, 0
	}
	if h.lines == maxLines {
		h.suppressed++
		return
	}
	h.log.LogAttrs(context.Background(), slog.LevelWarn, "telemetry failed",
		slog.Any("error", err), slog.Int("suppressed", h.suppressed))
	h.lines++
	h.suppressed = 0
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
