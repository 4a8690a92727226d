package httpserver

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// connections tracks the age of the open connections of a listener, and counts the connections that net/http rejects
// before any middleware runs.
type connections struct {
	maxAge  time.Duration // 0 means no limit
	refused metric.Int64Counter
	log     *slog.Logger

	generation atomic.Int64 // grows when the certificates change
	open       sync.Map     // net.Conn to *connection
}

// connection is one open connection.
type connection struct {
	opened     time.Time
	generation int64
	active     atomic.Bool // net/http began to read a request
	served     atomic.Bool // a request reached the handler
}

type connectionKey struct{}

func newConnections(maxAge time.Duration, meter metric.Meter, log *slog.Logger) (*connections, error) {
	refused, err := meter.Int64Counter("http.server.connections.refused", metric.WithUnit("{connection}"),
		metric.WithDescription("Connections that failed before a request reached the service, by reason."))
	if err != nil {
		return nil, fmt.Errorf("httpserver: %w", err)
	}
	return &connections{maxAge: maxAge, refused: refused, log: log}, nil
}

// context implements http.Server.ConnContext. net/http calls it first for a new connection.
func (c *connections) context(ctx context.Context, conn net.Conn) context.Context {
	created := &connection{opened: time.Now(), generation: c.generation.Load()}
	c.open.Store(conn, created)
	return context.WithValue(ctx, connectionKey{}, created)
}

// changed implements http.Server.ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	value, ok := c.open.Load(conn)
	if !ok {
		return
	}
	known := value.(*connection) //nolint:forcetypeassert // the map holds only *connection
	switch state {
	case http.StateActive:
		known.active.Store(true)
	case http.StateIdle: // HTTP/2 begins with an active and an idle state
		known.active.Store(false)
	case http.StateClosed, http.StateHijacked:
		c.open.Delete(conn)
		// net/http rejected the request (400, 408, 431), or the client left before the request was complete. Rejections
		// on reused connections are not counted.
		if known.active.Load() && !known.served.Load() {
			c.refuse("malformed_request")
			c.log.Info("connection closed before a complete request", slog.String("client_addr", conn.RemoteAddr().String()))
		}
	case http.StateNew:
	}
}

// handle records that a request was served, and reports whether its connection must close after the response.
func (c *connections) handle(r *http.Request) (closing bool) {
	known, ok := r.Context().Value(connectionKey{}).(*connection)
	if !ok {
		return false
	}
	known.served.Store(true)
	return known.generation != c.generation.Load() || c.maxAge > 0 && time.Since(known.opened) > c.maxAge
}

func (c *connections) refuse(reason string) {
	c.refused.Add(context.Background(), 1, metric.WithAttributes(attribute.String("reason", reason)))
}

// Write logs a line that net/http reports. Refused handshakes are counted and logged at debug level only, because port
// scanners and load balancers cause them all day.
func (c *connections) Write(line []byte) (int, error) {
	text, level := strings.TrimSpace(string(line)), slog.LevelWarn
	if strings.Contains(text, "TLS handshake error") {
		c.refuse("tls_handshake")
		level = slog.LevelDebug
	}
	c.log.Log(context.Background(), level, text)
	return len(line), nil
}
