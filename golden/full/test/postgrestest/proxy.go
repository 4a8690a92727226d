package postgrestest

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Proxy stands between a service and its database, so that a test can take the
// database away and give it back. It listens on a socket.
type Proxy struct {
	t        testing.TB
	network  string // of the server
	address  string
	socket   string
	url      string
	running  sync.WaitGroup
	listener net.Listener

	mu     sync.Mutex
	silent bool
	open   map[net.Conn]bool
}

// NewProxy returns a proxy that passes everything on to the server of a database.
func NewProxy(t testing.TB, database string) *Proxy {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "proxy") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(int(config.Port))
	p := &Proxy{
		t: t, network: "tcp", address: net.JoinHostPort(config.Host, port),
		socket: filepath.Join(folder, ".s.PGSQL.5432"), open: make(map[net.Conn]bool),
	}
	if strings.HasPrefix(config.Host, "/") {
		p.network, p.address = "unix", filepath.Join(config.Host, ".s.PGSQL."+port)
	}
	u.Host = ""
	q := u.Query()
	q.Set("host", folder)
	u.RawQuery = q.Encode()
	p.url = u.String()
	t.Cleanup(func() {
		p.Cut()
		p.running.Wait()
		_ = os.RemoveAll(folder)
	})
	p.Restore()
	return p
}

// URL returns the URL of the database, by way of the proxy.
func (p *Proxy) URL() string { return p.url }

// Cut breaks every connection, and refuses new ones.
func (p *Proxy) Cut() {
	if p.listener != nil {
		_ = p.listener.Close() // removes the socket
		p.listener = nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		_ = conn.Close()
	}
}

// Restore ends what Cut or Silence began.
func (p *Proxy) Restore() {
	p.t.Helper()
	p.listen(false)
}

// Silence breaks every connection. New ones are accepted, and never answered.
func (p *Proxy) Silence() {
	p.t.Helper()
	p.listen(true)
}

func (p *Proxy) listen(silent bool) {
	p.t.Helper()
	p.Cut()
	p.mu.Lock()
	p.silent = silent
	p.mu.Unlock()
	listener, err := net.Listen("unix", p.socket) //nolint:noctx // does not block
	if err != nil {
		p.t.Fatal(err)
	}
	p.listener = listener
	p.running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // cut
			}
			p.running.Go(func() { p.serve(client) })
		}
	})
}

func (p *Proxy) serve(client net.Conn) {
	defer p.forget(client)
	if p.keep(client) {
		_, _ = io.Copy(io.Discard, client)
		return
	}
	server, err := net.Dial(p.network, p.address) //nolint:noctx // ends with the connection
	if err != nil {
		return
	}
	defer p.forget(server)
	p.keep(server)
	p.running.Go(func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	})
	_, _ = io.Copy(server, client)
}

// keep notes a connection that Cut has to break, and tells whether it is to be
// left without an answer.
func (p *Proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[conn] = true
	return p.silent
}

func (p *Proxy) forget(conn net.Conn) {
	_ = conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}
