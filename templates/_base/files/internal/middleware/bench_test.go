package middleware

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/metric"

	"example.com/acme/sample-service/internal/logging"
)

// sink is a response writer that costs nothing and can be used again.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             {}

// note is what the routes of the benchmarks answer with: about what the API answers for one note.
var note = document(300)

func serveNote(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	_, _ = w.Write(note)
}

// workload is one layer, or the whole chain, with a request that uses it, and a ceiling for the allocations that it
// makes on top of those of Record.
type workload struct {
	name    string
	layers  Chain
	request *http.Request
	ceiling float64
}

func workloads(t testing.TB) []workload {
	t.Helper()
	set := defaults()
	set.https = true
	set.cors.AllowedOrigins = []string{page1}
	provider := sdk.NewMeterProvider(sdk.WithReader(sdk.NewManualReader()))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	set.meter = provider.Meter("bench")
	log, _, err := logging.New(logging.Config{Level: "info", Format: "json"}, "sample-service", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	all := chainOf(t, benchSite(), set, log)

	plain := benchRequest()
	cross := benchRequest()
	cross.Header.Set("Origin", page1)
	zipped := benchRequest()
	zipped.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	posted := httptest.NewRequest(http.MethodPost, "/v1/notes", http.NoBody)
	posted.Body, posted.ContentLength = io.NopCloser(nothing{}), 0

	named := make(map[string]Layer)
	for _, l := range all {
		named[l.Name] = l
	}
	return []workload{
		{"record", Chain{}, plain, 7},
		{"access_log", Chain{named["access_log"]}, plain, 2},
		{"metrics", Chain{named["metrics"]}, plain, 0},
		{"recover", Chain{named["recover"]}, plain, 0},
		{"security_headers", Chain{named["security_headers"]}, plain, 0},
		{"cors", Chain{named["cors"]}, plain, 0},
		{"cors/cross_origin", Chain{named["cors"]}, cross, 1},
		{"body_limit", Chain{named["body_limit"]}, plain, 0},
		{"body_limit/body", Chain{named["body_limit"]}, posted, 1},
		{"timeout", Chain{named["timeout"]}, plain, 2},
		{"timeout/body", Chain{named["timeout"]}, posted, 5},
		{"compress/identity", Chain{named["compress"]}, plain, 0},
		{"compress/small", Chain{named["compress"]}, zipped, 3},
		{"client_cert", Chain{ClientCert(false)}, plain, 0},
		{"chain", all[1:], plain, 4},
	}
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

func benchSite() site {
	return site{
		"/v1/notes/1": {route: Route{Template: "/v1/notes/{id}", APIVersion: "v1"}, serve: serveNote},
		"/v1/notes":   {method: "POST", route: Route{Template: "/v1/notes", APIVersion: "v1"}, serve: serveNote},
	}
}

func benchRequest() *http.Request {
	r := get("/v1/notes/1")
	r.Header.Set("User-Agent", "bench/1.0")
	return r
}

// run serves r as often as it is called, through Record and the layers.
func (w workload) run() func() {
	h := append(Chain{Record(benchSite(), Config{})}, w.layers...).Then(http.HandlerFunc(serveNote))
	out := &sink{header: make(http.Header)}
	body := w.request.Body
	return func() {
		clear(out.header)
		w.request.Body = body
		h.ServeHTTP(out, w.request)
	}
}

func BenchmarkLayer(b *testing.B) {
	for _, w := range workloads(b) {
		b.Run(w.name, func(b *testing.B) {
			run := w.run()
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

func BenchmarkBareHandler(b *testing.B) {
	h, out, r := http.HandlerFunc(serveNote), &sink{header: make(http.Header)}, benchRequest()
	b.ReportAllocs()
	for b.Loop() {
		clear(out.header)
		h.ServeHTTP(out, r)
	}
}

// BenchmarkLoopback compares the chain with a bare handler where it matters: behind a connection.
func BenchmarkLoopback(b *testing.B) {
	chain := workloads(b)
	for name, h := range map[string]http.Handler{
		"bare":  http.HandlerFunc(serveNote),
		"chain": append(Chain{Record(benchSite(), Config{})}, chain[len(chain)-1].layers...).Then(http.HandlerFunc(serveNote)),
	} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(h)
			defer server.Close()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					b.Error(err)
					return
				}
				defer func() { _ = conn.Close() }()
				in := bufio.NewReader(conn)
				for pb.Next() {
					if _, err := io.WriteString(conn, "GET /v1/notes/1 HTTP/1.1\r\nHost: x\r\nUser-Agent: bench/1.0\r\n\r\n"); err != nil {
						b.Error(err)
						return
					}
					if err := skipResponse(in, len(note)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// skipResponse reads past a response with a body of n bytes, as cheaply as possible.
func skipResponse(in *bufio.Reader, n int) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			_, err := in.Discard(n)
			return err
		}
	}
}
