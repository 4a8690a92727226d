// Package httpserver opens the listeners of the service, serves requests on them, and shuts them down without losing
// a request.
package httpserver

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// maxStreams is the number of requests that one HTTP/2 connection may have open at a time. A client that does not read
// its responses holds this many of http.max_in_flight until server.write_timeout.
const maxStreams = 20

// Server is an open listener and the HTTP server for it.
type Server struct {
	name     string
	log      *slog.Logger
	listener net.Listener
	http     *http.Server
	certs    *certificates // nil without TLS
	conns    *connections  // nil for an internal listener
	draining atomic.Bool   // responses ask clients to close their connection
}

// Listen opens the API listener. With TLS it also loads the certificates, so that a service that cannot use TLS
// does not start.
func Listen(ctx context.Context, cfg Config, meter metric.Meter, log *slog.Logger) (*Server, error) {
	s := newServer("api", log)
	conns, err := newConnections(cfg.MaxConnectionAge, meter, s.log)
	if err != nil {
		return nil, err
	}
	s.conns = conns
	s.http.ConnContext, s.http.ConnState, s.http.ErrorLog = conns.context, conns.changed, stdlog.New(conns, "", 0)
	s.http.ReadHeaderTimeout = cfg.ReadHeaderTimeout
	s.http.ReadTimeout = cfg.RequestTimeout
	s.http.WriteTimeout = cfg.WriteTimeout
	s.http.IdleTimeout = cfg.IdleTimeout
	s.http.MaxHeaderBytes = cfg.MaxHeaderBytes
	s.http.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: maxStreams}

	if cfg.TLS.Enabled() {
		if s.certs, err = loadCertificates(cfg.TLS, meter); err != nil {
			return nil, err
		}
		s.http.TLSConfig = s.certs.config()
		s.http.Protocols.SetHTTP2(true)
	} else {
		s.http.Protocols.SetUnencryptedHTTP2(true) // for the proxy in front of the service
	}
	if err := s.listen(ctx, "server", cfg.Bind, cfg.Port); err != nil {
		return nil, err
	}
	return s, nil
}

// ListenInternal opens a plaintext listener for operators. section is the section of the settings with its address.
func ListenInternal(ctx context.Context, section, bind string, port int, log *slog.Logger) (*Server, error) {
	s := newServer(section, log)
	s.http.ReadHeaderTimeout = 5 * time.Second
	s.http.ReadTimeout = 10 * time.Second
	s.http.WriteTimeout = time.Minute // a CPU profile takes 30 s by default
	s.http.IdleTimeout = 2 * time.Minute
	s.http.MaxHeaderBytes = 16 << 10
	if err := s.listen(ctx, section, bind, port); err != nil {
		return nil, err
	}
	return s, nil
}

func newServer(name string, log *slog.Logger) *Server {
	log = log.With(slog.String("listener", name))
	s := &Server{name: name, log: log, http: &http.Server{ //nolint:gosec // the callers set the timeouts
		Protocols: new(http.Protocols),
		ErrorLog:  slog.NewLogLogger(log.Handler(), slog.LevelWarn),

		// net/http would answer OPTIONS * itself, and no middleware would see it.
		DisableGeneralOptionsHandler: true,
	}}
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

// Addr returns the address of the listener.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// OnDrained registers a function that is called when the drain delay is over. It must close open streams, which have no
// natural end.
func (s *Server) OnDrained(end func()) { s.http.RegisterOnShutdown(end) }

// Close closes a listener that does not serve yet. After Run it has no effect.
func (s *Server) Close() { _ = s.listener.Close() }

// Files returns the certificate files. Only a server with TLS has them.
func (s *Server) Files() []string {
	cfg := s.certs.cfg
	return slices.DeleteFunc([]string{cfg.CertFile, cfg.KeyFile, cfg.ClientCAFile}, func(file string) bool { return file == "" })
}

// Reload reads the certificate files again. If they cannot be used, it returns an error and the previous
// certificates stay in use. Clients open a new connection after their next response.
func (s *Server) Reload() error {
	if err := s.certs.load(); err != nil {
		return err
	}
	s.conns.generation.Add(1)
	return nil
}

// serve serves requests until the listener is closed. Request contexts descend from base.
func (s *Server) serve(base context.Context, handler http.Handler) error {
	s.http.BaseContext = func(net.Listener) context.Context { return base }
	s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		closing := s.conns != nil && s.conns.handle(r)
		if closing || s.draining.Load() {
			w.Header().Set("Connection", "close") // HTTP/2 sends GOAWAY instead
		}
		handler.ServeHTTP(w, r)
	})
	var err error
	if s.certs != nil {
		err = s.http.ServeTLS(s.listener, "", "")
	} else {
		err = s.http.Serve(s.listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listener %s: %w", s.name, err)
	}
	return nil
}

// shutdown stops accepting connections and waits for open requests until ctx is done. Then it closes their
// connections and returns an error.
func (s *Server) shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close()
		return fmt.Errorf("listener %s: requests were cut off: %w", s.name, err)
	}
	return nil
}
