package probe

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/acton-go/acton-new/internal/process"
)

// link is the network between the service and a dependency: a port on which everything is passed on, until it is cut, as
// by a host that is down, or stalls, as by packets that vanish.
type link struct {
	address  string // where clients connect
	target   string
	accepted atomic.Int64

	mu       sync.Mutex
	listener net.Listener // nil while cut
	conns    map[net.Conn]bool
	stalled  chan struct{} // closed while bytes flow
}

// openLink listens on a port of its own, or on the one that is given.
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

// restore lets clients connect.
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
				return // it was cut
			}
			l.accepted.Add(1)
			go l.serve(conn)
		}
	}()
	return nil
}

// cut refuses connections and breaks those there are.
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

// stall keeps connections open and passes nothing on.
func (l *link) stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.stalled:
		l.stalled = make(chan struct{})
	default:
	}
}

// flow ends a stall. What was held back is passed on.
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

// keep notes an open connection, unless the link is cut.
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
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			defer func() { done <- struct{}{} }()
			l.pass(way[0], way[1])
		}()
	}
	<-done // a side that is closed closes the other
}

// pass copies what one side says until it ends.
func (l *link) pass(from, to net.Conn) {
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
