package postgres_test

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

// proxy forwards connections to a database over a Unix socket. A test can cut it off and restore it.
type proxy struct {
	t                testing.TB
	network, address string // of the server
	folder           string // of the socket
	url              string
	listener         net.Listener
	running          sync.WaitGroup

	mu     sync.Mutex
	silent bool
	open   map[net.Conn]bool
}

// newProxy returns a proxy for a database. It is closed when the test ends.
func newProxy(t testing.TB, database string) *proxy {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("/tmp", "proxy") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.RawQuery = "", url.Values{"host": {folder}, "sslmode": {"disable"}}.Encode()
	port := strconv.Itoa(int(config.Port))
	p := &proxy{t: t, network: "tcp", address: net.JoinHostPort(config.Host, port), folder: folder, url: u.String(), open: make(map[net.Conn]bool)}
	if strings.HasPrefix(config.Host, "/") {
		p.network, p.address = "unix", filepath.Join(config.Host, ".s.PGSQL."+port)
	}
	t.Cleanup(func() {
		p.Cut()
		p.running.Wait()
		_ = os.RemoveAll(folder)
	})
	p.Restore()
	return p
}

// URL returns the URL of the database behind the proxy.
func (p *proxy) URL() string { return p.url }

// Cut closes every connection and refuses new ones.
func (p *proxy) Cut() {
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		_ = conn.Close()
	}
}

// Restore forwards connections again.
func (p *proxy) Restore() {
	p.t.Helper()
	p.listen(false)
}

// Silence closes every connection. It accepts new ones, but does not answer.
func (p *proxy) Silence() {
	p.t.Helper()
	p.listen(true)
}

func (p *proxy) listen(silent bool) {
	p.t.Helper()
	p.Cut()
	p.mu.Lock()
	p.silent = silent
	p.mu.Unlock()
	listener, err := net.Listen("unix", filepath.Join(p.folder, ".s.PGSQL.5432")) //nolint:noctx // does not block
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

func (p *proxy) serve(client net.Conn) {
	defer p.remove(client)
	if p.add(client) {
		_, _ = io.Copy(io.Discard, client)
		return
	}
	server, err := net.Dial(p.network, p.address) //nolint:noctx // ends with the connection
	if err != nil {
		return
	}
	defer p.remove(server)
	p.add(server)
	p.running.Go(func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	})
	_, _ = io.Copy(server, client)
}

// add remembers a connection for Cut. It reports whether the proxy is silent.
func (p *proxy) add(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[conn] = true
	return p.silent
}

func (p *proxy) remove(conn net.Conn) {
	_ = conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}
