package middleware

import (
	"bufio"
	"bytes"
	stdzlib "compress/zlib"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"

	br "github.com/andybalholm/brotli"
	gz "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// decode undoes a coding, with the readers of other packages where there are any.
func decode(t testing.TB, name string, body io.Reader) []byte {
	t.Helper()
	var r io.Reader
	var err error
	switch name {
	case "":
		r = body
	case "gzip":
		r, err = gz.NewReader(body)
	case "deflate":
		r, err = stdzlib.NewReader(body)
	case "br":
		r = br.NewReader(body)
	case "zstd":
		var dec *zstd.Decoder
		if dec, err = zstd.NewReader(body, zstd.WithDecoderMaxWindow(8<<20)); err == nil {
			defer dec.Close()
			r = dec
		}
	default:
		t.Fatalf("unknown coding %q", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// document is text of n bytes.
func document(n int) []byte {
	return bytes.Repeat([]byte(`{"title":"a note"},`), n/19+1)[:n]
}

// send returns a handler that sends a body with headers, given as pairs.
func send(status int, body []byte, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

func accepting(codings string) *http.Request {
	r := get("/ok")
	r.Header.Set("Accept-Encoding", codings)
	return r
}

func TestEveryCodingDecodesToTheOriginal(t *testing.T) {
	for _, name := range codingNames[1:] {
		for _, size := range []int{minCompressed, 9000, 1 << 20} {
			for _, piece := range []int{7, 500, 1 << 20} {
				body := document(size)
				s := standOf(t, site{"/ok": {serve: func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json; charset=utf-8")
					for part := range slices.Chunk(body, piece) {
						if n, err := w.Write(part); n != len(part) || err != nil {
							t.Errorf("got %d, %v", n, err)
						}
					}
				}}}, defaults())
				w := s.do(accepting(name))
				if got := w.Header().Get("Content-Encoding"); got != name {
					t.Fatalf("got coding %q for %d bytes in pieces of %d, want %s", got, size, piece, name)
				}
				if w.Body.Len() >= size {
					t.Errorf("%s made %d bytes of %d", name, w.Body.Len(), size)
				}
				sent := w.Body.Len()
				if got := decode(t, name, w.Body); !bytes.Equal(got, body) {
					t.Errorf("%s of %d bytes in pieces of %d does not decode to the original", name, size, piece)
				}
				if got := s.log.one(t)["bytes"]; got != float64(sent) {
					t.Errorf("logged %v bytes, want the %d that were sent", got, sent)
				}
			}
		}
	}
}

func TestCompressesWhatItShould(t *testing.T) {
	large, small := document(9000), document(minCompressed-1)
	json := []string{"Content-Type", "application/json"}
	with := func(more ...string) []string { return append(slices.Clone(json), more...) }
	for _, tt := range []struct {
		name    string
		accept  string
		handler http.HandlerFunc
		want    string
	}{
		{"JSON", "gzip", send(200, large, json...), "gzip"},
		{"error", "gzip", send(422, large, "Content-Type", "application/problem+json"), "gzip"},
		{"HTML with charset", "gzip", send(200, large, "Content-Type", "text/html; charset=utf-8"), "gzip"},
		{"own JSON type", "gzip", send(200, large, "Content-Type", "application/vnd.acme.note+json"), "gzip"},
		{"announced length", "gzip", send(200, large, with("Content-Length", strconv.Itoa(len(large)))...), "gzip"},
		{"type to be detected", "gzip", send(200, []byte("<html>"+string(large))), "gzip"},
		{"small", "gzip", send(200, small, json...), ""},
		{"small, announced", "gzip", send(200, small, with("Content-Length", strconv.Itoa(len(small)))...), ""},
		{"small, identity refused", "gzip, identity;q=0", send(200, small, json...), "gzip"},
		{"small, announced, identity refused", "gzip, *;q=0", send(200, small, with("Content-Length", strconv.Itoa(len(small)))...), "gzip"},
		{"empty, identity refused", "gzip, identity;q=0", send(200, nil, json...), ""},
		{"not asked for", "", send(200, large, json...), ""},
		{"image", "gzip", send(200, large, "Content-Type", "image/png"), ""},
		{"image to be detected", "gzip", send(200, append([]byte("\x89PNG\r\n\x1a\n"), large...)), ""},
		{"archive", "gzip", send(200, large, "Content-Type", "application/zip"), ""},
		{"unknown bytes", "gzip", send(200, large, "Content-Type", "application/octet-stream"), ""},
		{"coded already", "gzip", send(200, large, with("Content-Encoding", "br")...), "br"},
		{"no-transform", "gzip", send(200, large, with("Cache-Control", "public, No-Transform")...), ""},
		{"range", "gzip", send(206, large, with("Content-Range", "bytes 0-8999/20000")...), ""},
		{"204", "gzip", send(204, nil, json...), ""},
		{"304", "gzip", send(304, nil, json...), ""},
		{"events", "gzip", send(200, large, "Content-Type", "text/event-stream"), ""},
		{"gRPC", "gzip", send(200, large, "Content-Type", "application/grpc+proto"), ""},
		{"gRPC-Web", "gzip", send(200, large, "Content-Type", "application/grpc-web+json"), ""},
		{"Connect stream", "gzip", send(200, large, "Content-Type", "application/connect+json"), ""},
		{"switched off by quality", "gzip;q=0", send(200, large, json...), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(standOf(t, site{"/ok": {serve: tt.handler}}, defaults()))
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
			if got := resp.Header.Values("Vary"); !slices.Equal(got, []string{"Accept-Encoding, Origin"}) {
				t.Errorf("got Vary %q, want Accept-Encoding and Origin in one value", got)
			}
			if _, err := io.ReadAll(resp.Body); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDetectedTypeIsThatOfTheOriginal(t *testing.T) {
	s := standOf(t, site{"/ok": {serve: send(200, []byte("<html>"+string(document(2000))))}}, defaults())
	if got := s.do(accepting("gzip")).Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("got type %q, want text/html", got)
	}
}

func TestETagIsWeakenedOnlyWhenCompressed(t *testing.T) {
	for _, tt := range []struct {
		size      int
		tag, want string
	}{{2000, `"7"`, `W/"7"`}, {2000, `W/"7"`, `W/"7"`}, {20, `"7"`, `"7"`}} {
		s := standOf(t, site{"/ok": {serve: send(200, document(tt.size), "Content-Type", "application/json", "Etag", tt.tag)}}, defaults())
		if got := s.do(accepting("gzip")).Header().Get("Etag"); got != tt.want {
			t.Errorf("got %s for %s with %d bytes, want %s", got, tt.tag, tt.size, tt.want)
		}
	}
}

func TestFlushSendsWhatWasWritten(t *testing.T) {
	for _, tt := range []struct{ accept, contentType, coding string }{
		{"gzip", "application/json", "gzip"},
		{"br", "application/x-ndjson", "br"},
		{"zstd", "text/plain", "zstd"},
		{"deflate", "text/plain", "deflate"},
		{"gzip", "text/event-stream", ""},
		{"identity", "text/plain", ""},
	} {
		t.Run(tt.accept+" "+tt.contentType, func(t *testing.T) {
			read := make(chan struct{})
			s := standOf(t, site{"/ok": {route: Route{Stream: true}, serve: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				for range 3 {
					_, _ = io.WriteString(w, "tick\n")
					if err := http.NewResponseController(w).Flush(); err != nil {
						t.Errorf("flush: %v", err)
					}
					select { // the next piece is not written before this one has arrived
					case <-read:
					case <-r.Context().Done():
						t.Error("the caller left before the piece arrived")
						return
					}
				}
			}}}, defaults())
			server := httptest.NewServer(s)
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
			if got := resp.Header.Get("Content-Encoding"); got != tt.coding {
				t.Fatalf("got coding %q, want %q", got, tt.coding)
			}
			lines := bufio.NewReader(reader(t, tt.coding, resp.Body))
			for range 3 {
				if got, err := lines.ReadString('\n'); got != "tick\n" || err != nil {
					t.Fatalf("got %q, %v", got, err)
				}
				read <- struct{}{}
			}
			if _, err := lines.ReadByte(); err != io.EOF {
				t.Errorf("got %v at the end, want EOF", err)
			}
		})
	}
}

// reader undoes a coding while it arrives.
func reader(t *testing.T, name string, body io.Reader) io.Reader {
	t.Helper()
	var r io.Reader
	var err error
	switch name {
	case "gzip":
		r, err = gz.NewReader(body)
	case "deflate":
		r, err = stdzlib.NewReader(body)
	case "br":
		r = br.NewReader(body)
	case "zstd":
		var dec *zstd.Decoder
		if dec, err = zstd.NewReader(body); err == nil {
			t.Cleanup(dec.Close)
			r = dec
		}
	default:
		r = body
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHeadHasTheHeadersOfGet(t *testing.T) {
	s := standOf(t, site{"/ok": {method: http.MethodHead, serve: send(200, document(2000), "Content-Type", "application/json", "Etag", `"1"`)}}, defaults())
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
	s := standOf(t, site{"/ok": {serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document(100)) // held, because it is small
		panic("boom")
	}}}, defaults())
	for range 3 {
		w := s.do(accepting("zstd"))
		if p := problemOf(t, w); w.Code != 500 || p.Code != "internal_error" || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
		}
	}
}

func TestControllerReachesTheConnectionThroughTheChain(t *testing.T) {
	s := standOf(t, site{"/ok": {route: Route{Template: "/ok"}, serve: func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("hijack: %v", err)
			return
		}
		_, _ = rw.WriteString("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		_ = rw.Flush()
		_ = conn.Close()
	}}}, defaults())
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
	set := defaults()
	set.config.Compression.Enabled = false
	s := standOf(t, site{"/ok": {serve: send(200, document(9000), "Content-Type", "application/json")}}, set)
	if got := s.do(accepting("gzip")).Header().Get("Content-Encoding"); got != "" {
		t.Errorf("got coding %q, want none", got)
	}
}
