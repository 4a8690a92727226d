package servers

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/acton-go/acton-new/internal/verify/process"
)

// Link is a TCP proxy between the service and a dependency. It can be cut, like a host that is down, or stall, like a
// network that drops packets.
type Link struct {
	Address  string // where clients connect
	target   string
	accepted atomic.Int64

	mu       sync.Mutex
	listener net.Listener // nil while cut
	conns    map[net.Conn]bool
	stalled  chan struct{} // closed while bytes flow
}

// OpenLink listens on the given port, or on a free one.
func OpenLink(target, port string) (*Link, error) {
	if port == "" {
		free, err := process.FreePort()
		if err != nil {
			return nil, err
		}
		port = free
	}
	l := &Link{Address: "127.0.0.1:" + port, target: target, conns: map[net.Conn]bool{}, stalled: make(chan struct{})}
	close(l.stalled)
	return l, l.Restore()
}

// Restore accepts connections again.
func (l *Link) Restore() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", l.Address)
	if err != nil {
		return err
	}
	l.listener = listener
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the link was cut
			}
			l.accepted.Add(1)
			go l.serve(conn)
		}
	}()
	return nil
}

// Cut refuses new connections and closes existing ones.
func (l *Link) Cut() {
	l.Flow()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil {
		l.listener.Close()
		l.listener = nil
	}
	for conn := range l.conns {
		conn.Close()
	}
}

// Stall keeps connections open but forwards nothing.
func (l *Link) Stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.stalled:
		l.stalled = make(chan struct{})
	default:
	}
}

// Flow ends a stall and forwards the held data.
func (l *Link) Flow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.stalled:
	default:
		close(l.stalled)
	}
}

func (l *Link) gate() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stalled
}

// keep tracks an open connection. It returns false if the link is cut.
func (l *Link) keep(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil {
		l.conns[conn] = true
	}
	return l.listener != nil
}

func (l *Link) drop(conn net.Conn) {
	conn.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, conn)
}

func (l *Link) serve(client net.Conn) {
	defer l.drop(client)
	if !l.keep(client) {
		return
	}
	<-l.gate()
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", l.target)
	if err != nil {
		return
	}
	defer l.drop(server)
	if !l.keep(server) {
		return
	}
	done := make(chan struct{}, 2)
	for _, direction := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			defer func() { done <- struct{}{} }()
			l.forward(direction[0], direction[1])
		}()
	}
	<-done // if one side closes, close the other
}

// forward copies data in one direction until the sender closes.
func (l *Link) forward(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		<-l.gate()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if tcp, ok := to.(*net.TCPConn); ok && err == io.EOF { //nolint:errorlint // Read returns it bare
				_ = tcp.CloseWrite()
			}
			return
		}
	}
}

// Accepted returns the number of connections so far.
func (l *Link) Accepted() int64 { return l.accepted.Load() }
