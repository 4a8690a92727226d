package middleware

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/acme/sample-service/internal/logging"
)

// benchChain returns the chain of the service with metrics and an access log that goes nowhere.
func benchChain(tb testing.TB) (testRouter, Chain) {
	tb.Helper()
	routes := testRouter{"/v1/notes/1": {
		route: Route{Template: "/v1/notes/{id}", APIVersion: "v1"},
		serve: respond(200, document(300), "Content-Type", "application/json", "Content-Length", "300"),
	}}
	log, _ := logging.New(logging.Config{Format: "json"}, "sample-service", io.Discard)
	opts := defaultOptions()
	opts.meter, _ = newMeter(tb)
	return routes, newChain(tb, routes, opts, log)
}

// discardResponse is a response writer without costs.
type discardResponse struct{ header http.Header }

func (d discardResponse) Header() http.Header         { return d.header }
func (d discardResponse) Write(p []byte) (int, error) { return len(p), nil }
func (d discardResponse) WriteHeader(int)             {}

// serveOnce returns a function that serves one request through Record and layers.
func serveOnce(routes testRouter, layers ...Layer) func() {
	h := append(Chain{Record(routes.routeOf, Config{})}, layers...).Then(routes)
	r := get("/v1/notes/1")
	r.Header.Set("User-Agent", "bench/1.0")
	w := discardResponse{make(http.Header)}
	return func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

// BenchmarkLayer measures each layer on top of record, and the whole chain.
func BenchmarkLayer(b *testing.B) {
	routes, chain := benchChain(b)
	run := func(name string, layers ...Layer) {
		b.Run(name, func(b *testing.B) {
			serve := serveOnce(routes, layers...)
			b.ReportAllocs()
			for b.Loop() {
				serve()
			}
		})
	}
	run("record")
	for _, l := range chain[1:] {
		run(l.Name, l)
	}
	run("chain", chain[1:]...)
}

// BenchmarkLoopback compares the chain with a bare handler behind a connection.
func BenchmarkLoopback(b *testing.B) {
	routes, chain := benchChain(b)
	for name, h := range map[string]http.Handler{"bare": routes["/v1/notes/1"].serve, "chain": chain.Then(routes)} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(h)
			defer server.Close()
			b.RunParallel(func(pb *testing.PB) {
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					b.Error(err)
					return
				}
				defer conn.Close()
				in := bufio.NewReader(conn)
				for pb.Next() {
					_, _ = io.WriteString(conn, "GET /v1/notes/1 HTTP/1.1\r\nHost: x\r\nUser-Agent: bench/1.0\r\n\r\n")
					resp, err := http.ReadResponse(in, nil)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
				}
			})
		})
	}
}
