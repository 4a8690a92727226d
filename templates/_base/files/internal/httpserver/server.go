// Package httpserver opens the listeners of the service, serves on them and
// stops in an order that loses no request.
package httpserver

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// Server is a listener that is open, and soon serves.
type Server struct {
	name     string
	log      *slog.Logger
	listener net.Listener
	certs    *certificates // nil without TLS
	http     *http.Server
	leaving  atomic.Bool // clients shall open no further request on their connections
}

// Listen opens the listener of the API. With TLS it reads the certificates as
// well, so a service that cannot encrypt does not start.
func Listen(ctx context.Context, cfg Config, log *slog.Logger) (*Server, error) {
	s := newServer("api", log)
	s.http.ReadHeaderTimeout = cfg.ReadHeaderTimeout
	s.http.ReadTimeout = cfg.ReadTimeout
	s.http.WriteTimeout = cfg.WriteTimeout
	s.http.IdleTimeout = cfg.IdleTimeout
	s.http.MaxHeaderBytes = cfg.MaxHeaderBytes

	if cfg.TLS.Enabled() {
		certs, err := loadCertificates(cfg.TLS)
		if err != nil {
			return nil, err
		}
		s.certs = certs
	}
	if err := s.listen(ctx, "server", cfg.Bind, cfg.Port); err != nil {
		return nil, err
	}
	if s.certs != nil {
		s.http.Protocols.SetHTTP2(true)
		s.listener = newTLSListener(s.listener, s.certs.config(), cfg.TLS.HandshakeTimeout, log)
	} else {
		s.http.Protocols.SetUnencryptedHTTP2(true) // for the proxy in front
	}
	return s, nil
}

// ListenInternal opens a listener for the operators of the service, in the
// clear and apart from the API. section names the settings of its address.
func ListenInternal(ctx context.Context, section, bind string, port int, log *slog.Logger) (*Server, error) {
	s := newServer(section, log)
	s.http.ReadHeaderTimeout = 5 * time.Second
	s.http.ReadTimeout = 10 * time.Second
	s.http.WriteTimeout = time.Minute // a profile takes 30 s unless the caller says otherwise
	s.http.IdleTimeout = 2 * time.Minute
	s.http.MaxHeaderBytes = 16 << 10
	if err := s.listen(ctx, section, bind, port); err != nil {
		return nil, err
	}
	return s, nil
}

func newServer(name string, log *slog.Logger) *Server {
	s := &Server{name: name, log: log.With(slog.String("listener", name))}
	s.http = &http.Server{ //nolint:gosec // the callers set the timeouts
		Protocols: new(http.Protocols),
		ErrorLog:  slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),

		// Otherwise OPTIONS * is answered past the handler, and past the log.
		DisableGeneralOptionsHandler: true,
	}
	s.http.Protocols.SetHTTP1(true)
	return s
}

func (s *Server) listen(ctx context.Context, section, bind string, port int) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(bind, strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("%s.bind, %s.port: %w", section, section, err)
	}
	s.listener = listener
	return nil
}

// Addr returns the address that the listener got.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close gives up a listener that never came to serve. After that it has no effect.
func (s *Server) Close() { _ = s.listener.Close() }

// Files returns the files of the certificates. It is for a server with TLS.
func (s *Server) Files() []string { return s.certs.files() }

// Reload reads the certificates again. After an error, those that were read
// before stay in use. It is for a server with TLS.
func (s *Server) Reload() error { return s.certs.load() }

// Measure lets meter show until when the certificate in use is valid. It is for
// a server with TLS.
func (s *Server) Measure(meter metric.Meter) error { return s.certs.measure(meter) }
