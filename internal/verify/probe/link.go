package probe

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/acton-go/acton-new/internal/verify/process"
)

// link is a TCP proxy between the service and a dependency. It can be cut, like a host that is down, or stall, like a
// network that drops packets.
type link struct {
	address  string // where clients connect
	target   string
	accepted atomic.Int64

	mu       sync.Mutex
	listener net.Listener // nil while cut
	conns    map[net.Conn]bool
	stalled  chan struct{} // closed while bytes flow
}

// openLink listens on the given port, or on a free one.
func openLink(target, port string) (*link, error) {
	if port == "" {
		free, err := process.FreePort()
		if err != nil {
			return nil, err
		}
		port = free
	}
	l := &link{address: "127.0.0.1:" + port, target: target, conns: map[net.Conn]bool{}, stalled: make(chan struct{})}
	close(l.stalled)
	return l, l.restore()
}

// restore accepts connections again.
func (l *link) restore() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", l.address)
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

// cut refuses new connections and closes existing ones.
func (l *link) cut() {
	l.flow()
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

// stall keeps connections open but forwards nothing.
func (l *link) stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.stalled:
		l.stalled = make(chan struct{})
	default:
	}
}

// flow ends a stall and forwards the held data.
func (l *link) flow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.stalled:
	default:
		close(l.stalled)
	}
}

func (l *link) gate() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stalled
}

// keep tracks an open connection. It returns false if the link is cut.
func (l *link) keep(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil {
		l.conns[conn] = true
	}
	return l.listener != nil
}

func (l *link) drop(conn net.Conn) {
	conn.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, conn)
}

func (l *link) serve(client net.Conn) {
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
func (l *link) forward(from, to net.Conn) {
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
