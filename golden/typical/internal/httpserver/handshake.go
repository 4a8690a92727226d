package httpserver

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"
)

// tlsListener accepts connections whose handshake is complete. It does the
// handshakes itself, as http.Server knows no time limit of their own for them.
type tlsListener struct {
	net.Listener
	config  *tls.Config
	timeout time.Duration
	log     *slog.Logger

	ctx    context.Context // ends when the listener closes
	cancel context.CancelFunc
	ready  chan accepted
	work   sync.WaitGroup
}

type accepted struct {
	conn net.Conn
	err  error
}

func newTLSListener(inner net.Listener, config *tls.Config, timeout time.Duration, log *slog.Logger) *tlsListener {
	l := &tlsListener{Listener: inner, config: config, timeout: timeout, log: log, ready: make(chan accepted)}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.work.Go(l.acceptAll)
	return l
}

// Accept returns the next connection, or what went wrong with the listener.
func (l *tlsListener) Accept() (net.Conn, error) {
	select {
	case a := <-l.ready:
		return a.conn, a.err
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close closes the listener and the connections that it has not handed over.
func (l *tlsListener) Close() error {
	l.cancel()
	err := l.Listener.Close()
	l.work.Wait()
	return err
}

// acceptAll hands errors over like connections. So the server decides, as it
// does without TLS, which of them to survive and how long to pause.
func (l *tlsListener) acceptAll() {
	for l.ctx.Err() == nil {
		conn, err := l.Listener.Accept()
		if err != nil {
			l.handOver(accepted{err: err})
			continue
		}
		l.work.Go(func() { l.handshake(conn) })
	}
}

func (l *tlsListener) handshake(conn net.Conn) {
	ctx, cancel := context.WithTimeout(l.ctx, l.timeout)
	defer cancel()
	encrypted := tls.Server(conn, l.config)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		// Port scanners and clients that were turned off midway fail here all day.
		l.log.DebugContext(ctx, "TLS handshake failed", slog.String("remote", conn.RemoteAddr().String()), slog.Any("error", err))
		return
	}
	l.handOver(accepted{conn: encrypted})
}

func (l *tlsListener) handOver(a accepted) {
	select {
	case l.ready <- a:
	case <-l.ctx.Done():
		if a.conn != nil {
			_ = a.conn.Close()
		}
	}
}
