package middleware

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestCodingsDecodeInAnyPieces(t *testing.T) {
	for _, name := range codings {
		for _, size := range []int{minCompressed, 9000, 1 << 20} {
			for _, piece := range []int{7, 500, 1 << 20} {
				body := document(size)
				s := newTestServer(t, testRouter{"/ok": {serve: func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json; charset=utf-8")
					for part := range slices.Chunk(body, piece) {
						if n, err := w.Write(part); n != len(part) || err != nil {
							t.Errorf("got %d, %v", n, err)
						}
					}
				}}}, defaultOptions())
				w := s.do(accepting(name))
				if got := w.Header().Get("Content-Encoding"); got != name {
					t.Fatalf("got coding %q for %d bytes in pieces of %d, want %s", got, size, piece, name)
				}
				if w.Body.Len() >= size {
					t.Errorf("%s made %d bytes of %d", name, w.Body.Len(), size)
				}
				sent := w.Body.Len()
				if got, err := io.ReadAll(decoder(t, name, w.Body)); err != nil || !bytes.Equal(got, body) {
					t.Errorf("%s of %d bytes in pieces of %d does not decode to the original", name, size, piece)
				}
				if got := s.log.accessLine(t)["bytes"]; got != float64(sent) {
					t.Errorf("logged %v bytes, want the %d that were sent", got, sent)
				}
			}
		}
	}
}

func TestETagIsWeakenedOnlyWhenCompressed(t *testing.T) {
	for _, tt := range []struct {
		size      int
		tag, want string
	}{{2000, `"7"`, `W/"7"`}, {2000, `W/"7"`, `W/"7"`}, {20, `"7"`, `"7"`}} {
		s := newTestServer(t, testRouter{"/ok": {serve: respond(200, document(tt.size), "Content-Type", "application/json", "Etag", tt.tag)}}, defaultOptions())
		if got := s.do(accepting("gzip")).Header().Get("Etag"); got != tt.want {
			t.Errorf("got %s for %s with %d bytes, want %s", got, tt.tag, tt.size, tt.want)
		}
	}
}

func TestHeadHasTheHeadersOfGet(t *testing.T) {
	s := newTestServer(t, testRouter{"/ok": {method: http.MethodHead, serve: respond(200, document(2000), "Content-Type", "application/json", "Etag", `"1"`)}}, defaultOptions())
	server := httptest.NewServer(s)
	defer server.Close()
	req, err := http.NewRequest(http.MethodHead, server.URL+"/ok", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "br")
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Header.Get("Content-Encoding") != "br" || resp.Header.Get("Etag") != `W/"1"` || resp.Header.Get("Content-Length") == "2000" {
		t.Errorf("got %v", resp.Header)
	}
}

func TestPanicBeforeTheHeaderIsAnsweredInFull(t *testing.T) {
	s := newTestServer(t, testRouter{"/ok": {serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document(100)) // held, because it is small
		panic("boom")
	}}}, defaultOptions())
	for range 3 {
		w := s.do(accepting("zstd"))
		if p := readProblem(t, w); w.Code != 500 || p.Code != "internal_error" || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
		}
	}
}

func TestControllerReachesTheConnectionThroughTheChain(t *testing.T) {
	s := newTestServer(t, testRouter{"/ok": {route: Route{Template: "/ok"}, serve: func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("hijack: %v", err)
			return
		}
		_, _ = rw.WriteString("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		_ = rw.Flush()
		_ = conn.Close()
	}}}, defaultOptions())
	server := httptest.NewServer(s)
	defer server.Close()
	req, err := http.NewRequest(http.MethodGet, server.URL+"/ok", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Errorf("got %d, want 204", resp.StatusCode)
	}
}

func TestCompressionCanBeSwitchedOff(t *testing.T) {
	opts := defaultOptions()
	opts.config.Compression.Enabled = false
	s := newTestServer(t, testRouter{"/ok": {serve: respond(200, document(9000), "Content-Type", "application/json")}}, opts)
	if got := s.do(accepting("gzip")).Header().Get("Content-Encoding"); got != "" {
		t.Errorf("got coding %q, want none", got)
	}
}

func TestPanicAfterTheHeaderAbortsEveryCoding(t *testing.T) {
	for _, encoding := range []string{"", "gzip", "br", "zstd", "deflate"} {
		t.Run("encoding "+encoding, func(t *testing.T) {
			meter, registry := newMeter(t)
			opts := defaultOptions()
			opts.meter = meter
			s := newTestServer(t, testRouter{"/panic": {route: Route{Template: "/panic"}, serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				_, _ = io.WriteString(w, strings.Repeat("a partial response ", 1000))
				_ = http.NewResponseController(w).Flush()
				panic("boom")
			}}}, opts)
			server := httptest.NewServer(s)
			defer server.Close()
			req, err := http.NewRequest(http.MethodGet, server.URL+"/panic", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Encoding", encoding)
			resp, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = io.Copy(io.Discard, resp.Body); err == nil {
				t.Error("the client takes the partial response for a complete one")
			}
			_ = resp.Body.Close()
			server.Close() // waits for the handler, and so for the log
			if line := s.log.accessLine(t); line["status"] != 500.0 || line["error"] != "panic: boom" {
				t.Errorf("got access line %v", line)
			}
			if got := scrape(t, registry, "http_server_request_duration_seconds_count", `status_code="500"`); got != 1 {
				t.Errorf("counted %v, want 1", got)
			}
		})
	}
}

func TestWhatIsCompressedOnAConnection(t *testing.T) {
	large, small := document(9000), document(minCompressed-1)
	json := []string{"Content-Type", "application/json"}
	with := func(more ...string) []string { return append(slices.Clone(json), more...) }
	for _, tt := range []struct {
		name    string
		accept  string
		handler http.HandlerFunc
		want    string
	}{
		{"detected type", "gzip", respond(200, append([]byte("<html>"), large...)), "gzip"},
		{"range", "gzip", respond(206, large, "Content-Type", "application/json", "Content-Range", "bytes 0-8999/20000"), ""},
		{"event stream", "gzip", respond(200, large, "Content-Type", "text/event-stream"), ""},
		{"gRPC on the web", "gzip", respond(200, large, "Content-Type", "application/grpc-web+json"), ""},
		{"Connect stream", "gzip", respond(200, large, "Content-Type", "application/connect+json"), ""},
		{"own JSON type", "gzip", respond(200, large, "Content-Type", "application/vnd.acme.note+json"), "gzip"},
		{"SVG", "gzip", respond(200, large, "Content-Type", "image/svg+xml"), "gzip"},
		{"declared length", "gzip", respond(200, large, with("Content-Length", "9000")...), "gzip"},
		{"type in capitals", "gzip", respond(200, large, "Content-Type", "Application/JSON ; charset=utf-8"), "gzip"},
		{"small, declared", "gzip", respond(200, small, with("Content-Length", "1023")...), ""},
		{"empty", "gzip", respond(200, nil, json...), ""},
		{"not accepted", "", respond(200, large, json...), ""},
		{"quality 0", "gzip;q=0", respond(200, large, json...), ""},
		{"detected image", "gzip", respond(200, append([]byte("\x89PNG\r\n\x1a\n"), large...)), ""},
		{"archive", "gzip", respond(200, large, "Content-Type", "application/zip"), ""},
		{"unknown bytes", "gzip", respond(200, large, "Content-Type", "application/octet-stream"), ""},
		{"no-transform in a list", "gzip", respond(200, large, with("Cache-Control", "public, No-Transform")...), ""},
		{"range without Content-Range", "gzip", respond(206, large, json...), ""},
		{"304", "gzip", respond(304, nil, json...), ""},
		{"gRPC", "gzip", respond(200, large, "Content-Type", "application/grpc+proto"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opts := defaultOptions()
			opts.cors.AllowedOrigins = []string{appOrigin}
			server := httptest.NewServer(newTestServer(t, testRouter{"/ok": {serve: tt.handler}}, opts))
			defer server.Close()
			req, err := http.NewRequest(http.MethodGet, server.URL+"/ok", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Encoding", tt.accept)
			resp, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if got := resp.Header.Get("Content-Encoding"); got != tt.want {
				t.Errorf("got coding %q, want %q", got, tt.want)
			}
			if vary := strings.Join(resp.Header.Values("Vary"), ", "); !strings.Contains(vary, "Accept-Encoding") || !strings.Contains(vary, "Origin") {
				t.Errorf("got Vary %q, want Accept-Encoding and Origin", vary)
			}
			if _, err := io.ReadAll(resp.Body); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNegotiateRareAndMalformedHeaders(t *testing.T) {
	for header, want := range map[string]string{
		"x-gzip":                        "gzip",
		"GZIP":                          "gzip",
		"br;q=0.5,gzip;q=0.501":         "gzip",
		"gzip ; q=0.8 , br;Q=0.9":       "br",
		"*;q=0.1":                       "gzip",
		"*;q=0":                         "",
		"gzip;q=0, *":                   "",
		"identity;q=0.5, gzip":          "gzip",
		"gzip;q=2":                      "",
		"gzip;q=-1":                     "",
		"gzip;q=NaN":                    "",
		"gzip;q=":                       "",
		"gzip;level=9":                  "",
		";q=1,,br;q=0.2":                "br",
		"gzip;q=nonsense, deflate;q=.5": "deflate",
	} {
		if got := negotiate([]string{header}); got != want {
			t.Errorf("got %q for %q, want %q", got, header, want)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	for _, seed := range []string{"gzip", "br;q=0.5, *;q=0", "identity;q=0", ";;q=,,", "gzip;q=0.1234", "gzip;q=inf", "gzip;q=0x1p-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := negotiate([]string{header})
		if got == "" {
			return
		}
		if !slices.Contains(codings, got) {
			t.Fatalf("got coding %q", got)
		}
		if !strings.Contains(header, "*") && !strings.Contains(strings.ToLower(header), got) {
			t.Errorf("got %s, which %q does not mention", got, header)
		}
	})
}

func TestFlushSendsWhatWasWritten(t *testing.T) {
	for coding, contentType := range map[string]string{
		"gzip": "application/x-ndjson", "br": "text/plain", "zstd": "text/plain", "": "text/event-stream",
	} {
		arrived := make(chan struct{})
		serve := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, "tick\n")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Errorf("flush: %v", err)
			}
			<-arrived
		}
		routes := testRouter{"/ok": {route: Route{Stream: true}, serve: serve}}
		server := httptest.NewServer(newTestServer(t, routes, defaultOptions()))
		req, err := http.NewRequest(http.MethodGet, server.URL+"/ok", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", max(coding, "br"))
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text := make([]byte, len("tick\n"))
		_, err = io.ReadFull(decoder(t, resp.Header.Get("Content-Encoding"), resp.Body), text)
		if err != nil || string(text) != "tick\n" {
			t.Errorf("got %q, %v with %q before the handler returns", text, err, coding)
		}
		if got := resp.Header.Get("Content-Encoding"); got != coding {
			t.Errorf("got coding %q, want %q", got, coding)
		}
		close(arrived)
		_ = resp.Body.Close()
		server.Close()
	}
}
