package middleware

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/acme/sample-service/internal/problem"
	"example.com/acme/sample-service/internal/request"
)

func TestEveryStatusPassesTheWholeChain(t *testing.T) {
	small := endpoint{method: http.MethodPost, route: Route{Template: "/small", MaxBodyBytes: 4}, serve: serveDrain}
	pages := testRouter{
		"/ok":    {route: Route{Template: "/ok"}, serve: serveHello},
		"/small": small,
		"/panic": {route: Route{Template: "/panic"}, serve: func(http.ResponseWriter, *http.Request) { panic("boom") }},
		"/fault": {route: Route{Template: "/fault"}, serve: func(w http.ResponseWriter, r *http.Request) {
			problem.Write(w, r, problem.From(r.Context(), errors.New("secret-of-the-inside")))
		}},
		"/slow": {route: Route{Template: "/slow", Timeout: time.Nanosecond}, serve: func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}},
		"/slow-body": {method: http.MethodPost, route: Route{Template: "/slow-body"}, serve: serveDrain},
	}
	tests := []struct {
		status int
		code   string
		route  string
		req    func() *http.Request
	}{
		{404, "not_found", "", func() *http.Request { return get("/nowhere") }},
		{405, "method_not_allowed", "", func() *http.Request { return httptest.NewRequest(http.MethodDelete, "/ok", nil) }},
		{408, "request_timeout", "/slow-body", func() *http.Request {
			return httptest.NewRequest(http.MethodPost, "/slow-body", slowBody{})
		}},
		{409, "conflict", "/409", nil},
		{410, "gone", "/410", nil},
		{412, "precondition_failed", "/412", nil},
		{413, "body_too_large", "/small", func() *http.Request {
			return httptest.NewRequest(http.MethodPost, "/small", strings.NewReader("12345"))
		}},
		{415, "unsupported_media_type", "/415", nil},
		{422, "validation_failed", "/422", nil},
		{428, "precondition_required", "/428", nil},
		{500, "internal_error", "/panic", func() *http.Request { return get("/panic") }},
		{500, "internal_error", "/fault", func() *http.Request { return get("/fault") }},
		{503, "unavailable", "/503", nil},
		{503, "deadline_exceeded", "/slow", func() *http.Request { return get("/slow") }},
	}
	for _, tt := range tests {
		t.Run(strings.Trim(tt.code+tt.route, "/"), func(t *testing.T) {
			if tt.req == nil {
				pages[tt.route] = endpoint{route: Route{Template: tt.route}, serve: refuse(tt.status)}
				tt.req = func() *http.Request { return get(tt.route) }
			}
			meter, registry := newMeter(t)
			opts := defaultOptions()
			opts.https, opts.meter = true, meter
			s := newTestServer(t, pages, opts)
			w := s.do(tt.req())

			if w.Code != tt.status {
				t.Fatalf("got status %d, want %d\n%s", w.Code, tt.status, w.Body)
			}
			p := readProblem(t, w)
			if p.Status != tt.status || p.Code != tt.code || p.Title != http.StatusText(tt.status) {
				t.Errorf("got problem %+v, want status %d, code %s, title %s", p, tt.status, tt.code, http.StatusText(tt.status))
			}
			id := w.Header().Get(request.HeaderRequestID)
			if id == "" || p.RequestID != id {
				t.Errorf("got request id %q in the header and %q in the body, want the same", id, p.RequestID)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options":    "nosniff",
				"Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'",
				"Strict-Transport-Security": "max-age=63072000",
				"Cache-Control":             "no-store",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("got %s %q, want %q", name, got, want)
				}
			}
			if tt.status >= 500 && bytes.Contains(w.Body.Bytes(), []byte("secret-of-the-inside")) {
				t.Errorf("got the cause in the response: %s", w.Body)
			}
			line := s.log.accessLine(t)
			if line["status"] != float64(tt.status) || line["route"] != tt.route || line["request_id"] != id {
				t.Errorf("got access line %v", line)
			}
			if tt.code == "internal_error" && line["error"] == nil {
				t.Errorf("got no cause in the access line: %v", line)
			}
			if got := scrape(t, registry, `http_server_request_duration_seconds_count{`, `http_response_status_code="`); got != 1 {
				t.Errorf("counted %v requests, want 1", got)
			}
		})
	}
}

// slowBody is a body whose time is up.
type slowBody struct{}

func (slowBody) Read([]byte) (int, error) { return 0, problem.ErrBodyTimeout }

func TestClientsThatLeaveAreNotErrors(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"nothing sent": func(http.ResponseWriter, *http.Request) {},
		"error": func(w http.ResponseWriter, r *http.Request) {
			problem.Write(w, r, problem.From(r.Context(), r.Context().Err()))
		},
		"abort": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestServer(t, testRouter{"/ok": {route: Route{Template: "/ok"}, serve: serve}}, defaultOptions())
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			func() {
				defer func() { _ = recover() }()
				s.do(get("/ok").WithContext(ctx))
			}()
			if line := s.log.accessLine(t); line["status"] != 499.0 || line["level"] != "INFO" {
				t.Errorf("got %v, want status 499 at level INFO", line)
			}
		})
	}
}

// The shutdown cancels the requests that are still open. Their clients did not leave.
func TestResponsesThatTheShutdownCutsOffAreErrors(t *testing.T) {
	s := newTestServer(t, testRouter{"/ok": {route: Route{Template: "/ok"}, serve: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		panic(http.ErrAbortHandler)
	}}}, defaultOptions())
	ctx, stop := context.WithCancelCause(t.Context())
	stop(problem.ErrShuttingDown)
	func() {
		defer func() { _ = recover() }()
		s.do(get("/ok").WithContext(ctx))
	}()
	if line := s.log.accessLine(t); line["status"] != 500.0 || line["undelivered"] != true {
		t.Errorf("got %v, want an undelivered response with status 500", line)
	}
}

func TestLoggedErrorIsBounded(t *testing.T) {
	s := newTestServer(t, testRouter{"/fault": {route: Route{Template: "/fault"}, serve: func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, problem.From(r.Context(), errors.New(strings.Repeat("e", 10_000))))
	}}}, defaultOptions())
	s.do(get("/fault"))
	if got, _ := s.log.accessLine(t)["error"].(string); len(got) != maxLoggedError {
		t.Errorf("got an error of %d bytes, want %d", len(got), maxLoggedError)
	}
}

func TestEarlyHintsAreNotTheStatus(t *testing.T) {
	s := newTestServer(t, testRouter{"/ok": {route: Route{Template: "/ok"}, serve: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusAccepted)
	}}}, defaultOptions())
	server := httptest.NewServer(s)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/ok")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	server.Close()
	if line := s.log.accessLine(t); resp.StatusCode != http.StatusAccepted || line["status"] != 202.0 {
		t.Errorf("got status %d, logged %v, want 202", resp.StatusCode, line["status"])
	}
}

func TestHostileRequestsDoNotMakeSeries(t *testing.T) {
	meter, registry := newMeter(t)
	opts := defaultOptions()
	opts.meter = meter
	s := newTestServer(t, testRouter{"/ok": {route: Route{Template: "/ok"}, serve: serveHello}}, opts)
	for i := range 500 {
		for _, path := range []string{"/ok", fmt.Sprintf("/nowhere/%d", i)} {
			for _, method := range []string{"GET", fmt.Sprintf("METHOD%d", i), "get"} {
				r := httptest.NewRequest(method, path, nil)
				r.Host = fmt.Sprintf("host-%d.example.com", i)
				r.Header.Set("X-Forwarded-Host", r.Host)
				r.Proto, r.ProtoMajor, r.ProtoMinor = fmt.Sprintf("HTTP/%d.%d", i, i), i, i
				s.do(r)
			}
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := 0
	for _, family := range families {
		if strings.HasPrefix(family.GetName(), "http_server_") {
			series += len(family.GetMetric())
		}
	}
	// Three histograms with the combinations of two methods, two routes, two statuses and five
	// versions that occur; and one gauge for each method.
	if limit := 3*4*5 + 2; series > limit {
		t.Errorf("got %d series after 3000 hostile requests, want at most %d", series, limit)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	s := newTestServer(t, testRouter{"/ok": {method: http.MethodHead, serve: respond(200, document(100_000))}}, defaultOptions())
	s.do(httptest.NewRequest(http.MethodHead, "/ok", nil))
	if line := s.log.accessLine(t); line["status"] != 200.0 || line["bytes"] != 0.0 {
		t.Errorf("got %v, want no bytes", line)
	}
}

// A handler that does not read its body may answer, but a body that declares too much is refused
// before.
func TestBodyLimitWithoutReading(t *testing.T) {
	opts := defaultOptions()
	opts.config.MaxBodyBytes = 1000
	server := httptest.NewServer(newTestServer(t, testRouter{
		"/early": {method: "POST", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
	}, opts))
	defer server.Close()
	text := strings.Repeat("x", 1001)
	for want, body := range map[int]io.Reader{413: strings.NewReader(text), 204: struct{ io.Reader }{strings.NewReader(text)}} {
		resp, err := server.Client().Post(server.URL+"/early", "text/plain", body)
		if err != nil {
			t.Fatal(err)
		}
		if _ = resp.Body.Close(); resp.StatusCode != want {
			t.Errorf("got %d, want %d", resp.StatusCode, want)
		}
	}
}

func TestResponseThatFailsToArriveOverHTTP2(t *testing.T) {
	left, logged := make(chan struct{}), make(chan struct{})
	s := newTestServer(t, testRouter{"/ok": {serve: func(w http.ResponseWriter, r *http.Request) {
		close(left)
		<-r.Context().Done()
		respond(200, document(100_000))(w, r)
	}}}, defaultOptions())
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r)
		close(logged)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-left
		leave()
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/ok", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	if resp, err := server.Client().Do(r); err == nil {
		_ = resp.Body.Close()
		t.Error("got a response after the client left")
	}
	<-logged
	if line := s.log.accessLine(t); line["status"] != 499.0 || line["level"] != "INFO" {
		t.Errorf("got %v, want status 499 at level INFO", line)
	}
}

func TestErrAbortHandlerIsNotABug(t *testing.T) {
	s := newTestServer(t, testRouter{"/abort": {serve: func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}}}, defaultOptions())
	defer func() {
		if got, _ := recover().(error); !errors.Is(got, http.ErrAbortHandler) {
			t.Errorf("got panic %v, want http.ErrAbortHandler", got)
		}
		line := s.log.accessLine(t)
		if line["status"] != 500.0 || line["undelivered"] != true || strings.Contains(s.log.String(), "stack") {
			t.Errorf("got %s, want an undelivered response without a stack", s.log)
		}
	}()
	s.do(get("/abort"))
}

func TestAccessLogIsBoundedAndSafe(t *testing.T) {
	s := newTestServer(t, testRouter{}, defaultOptions())
	r := get("/")
	r.URL.Path = "/\n{\"msg\":\"forged\"}\u009b2J\u202e" + strings.Repeat("x", 1000)
	r.Header.Set("User-Agent", "\r\n{\"msg\":\"forged\"}\u009b31m\u202e")
	r.Method = "GET\n" + strings.Repeat("x", 100)
	s.do(r)
	if got, _ := s.log.accessLine(t)["path"].(string); len(got) != maxLoggedPath {
		t.Errorf("got a path of %d bytes, want %d", len(got), maxLoggedPath)
	}
	if got := s.log.String(); strings.Count(got, "\n") != 1 || strings.ContainsAny(got, "\u009b\u202e") {
		t.Errorf("got %q, want one line without control characters", got)
	}
}

// A stream lasts as long as its client wants: it says nothing about latency, unless it fails.
func TestStreamsHaveNoDuration(t *testing.T) {
	meter, registry := newMeter(t)
	opts := defaultOptions()
	opts.meter = meter
	status := http.StatusOK
	serve := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler) // as if a write had failed
		}
	}
	s := newTestServer(t, testRouter{"/events": {route: Route{Template: "/events", Stream: true}, serve: serve}}, opts)
	s.do(get("/events"))
	left, leave := context.WithCancel(t.Context())
	leave()
	func() {
		defer func() { _ = recover() }()
		s.do(get("/events").WithContext(left))
	}()
	if got := scrape(t, registry, "http_server_request_duration_seconds_count"); got != 0 {
		t.Errorf("got %v durations of a stream, want 0", got)
	}
	if got := scrape(t, registry, "http_server_response_body_size_bytes_count", `http_route="/events"`); got != 2 {
		t.Errorf("got %v response sizes of two streams, want 2", got)
	}
	status = http.StatusServiceUnavailable
	s.do(get("/events"))
	if got := scrape(t, registry, "http_server_request_duration_seconds_count", `error_type="503"`); got != 1 {
		t.Errorf("got %v durations of a stream that failed, want 1", got)
	}
}

func TestChainLogValueListsActiveLayers(t *testing.T) {
	chain := Chain{
		Record(testRouter{}.routeOf, Config{}),
		Recover(slog.New(slog.DiscardHandler)),
		ClientCert(false),
		BodyLimit(1024),
		Compress(CompressionConfig{Enabled: false}),
	}
	if got, want := chain.LogValue().String(), "[record[trusted_proxies=0] recover body_limit[bytes=1024]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// flushingWriter calls during when the response is flushed.
type flushingWriter struct {
	http.ResponseWriter
	during func()
}

func (w flushingWriter) FlushError() error {
	w.during()
	return nil
}

// A client that does not read its responses shows as active requests, and cannot hold more than the limit.
func TestRequestIsActiveAndInFlightUntilItsResponseIsSent(t *testing.T) {
	meter, registry := newMeter(t)
	opts := defaultOptions()
	opts.meter, opts.config.MaxInFlight = meter, 1
	s := newTestServer(t, testRouter{"/ok": {serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "2")
		_, _ = io.WriteString(w, "ok")
	}}}, opts)
	flushed := 0
	s.ServeHTTP(flushingWriter{httptest.NewRecorder(), func() {
		if flushed++; flushed > 1 {
			return // nothing is left to send
		}
		if got := scrape(t, registry, `http_server_active_requests{http_request_method="GET"`); got != 1 {
			t.Errorf("got %v active requests while the response is sent, want 1", got)
		}
		if w := s.do(get("/ok")); w.Code != http.StatusServiceUnavailable {
			t.Errorf("got %d for a second request, want 503: the first one is in flight", w.Code)
		}
	}}, get("/ok"))
	if got := scrape(t, registry, `http_server_active_requests{http_request_method="GET"`); got != 0 || flushed == 0 {
		t.Errorf("got %v active requests and %d flushes, want 0, and a flush", got, flushed)
	}
	if w := s.do(get("/ok")); w.Code != http.StatusOK {
		t.Errorf("got %d after the response was sent, want 200", w.Code)
	}
}

// noFlush hides that a response can be flushed.
type noFlush struct{ http.ResponseWriter }

// What net/http refuses to send, or cannot flush, is not a response that failed to arrive.
func TestStatusOfUnusualResponses(t *testing.T) {
	for name, tt := range map[string]struct {
		serve  http.HandlerFunc
		status float64
	}{
		"nothing is sent":       {func(http.ResponseWriter, *http.Request) {}, 200},
		"switching protocols":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSwitchingProtocols) }, 101},
		"a body of a 204":       {respond(http.StatusNoContent, []byte("{}")), 204},
		"a writer cannot flush": {func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, 200},
	} {
		s := newTestServer(t, testRouter{"/ok": {serve: tt.serve}}, defaultOptions())
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.ServeHTTP(noFlush{w}, r) }))
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		_, _ = io.ReadAll(conn)
		_ = conn.Close()
		server.Close()
		if line := s.log.accessLine(t); line["status"] != tt.status {
			t.Errorf("%s: got %v, want status %v", name, line, tt.status)
		}
	}
}

// A flush would send a short response in chunks.
func TestShortResponsesHaveALength(t *testing.T) {
	s := newTestServer(t, testRouter{"/ok": {serve: serveHello}}, defaultOptions())
	server := httptest.NewServer(s)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/ok")
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.ContentLength <= 0 {
		t.Errorf("got length %d and %v, want the length", resp.ContentLength, resp.TransferEncoding)
	}
}

// The log may be what hangs: a client, and above all the platform's probe, must not wait for it.
func TestCompleteResponsesAreSentBeforeTheyAreLogged(t *testing.T) {
	for name, tt := range map[string]struct {
		route  Route
		status int
		body   string
	}{
		"probe":        {Route{Probe: true}, http.StatusServiceUnavailable, "{}"},
		"no content":   {Route{}, http.StatusNoContent, ""},
		"not modified": {Route{}, http.StatusNotModified, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestServer(t, testRouter{"/ok": {route: tt.route, serve: func(w http.ResponseWriter, _ *http.Request) {
				if tt.body != "" {
					w.Header().Set("Content-Length", strconv.Itoa(len(tt.body)))
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}}}, defaultOptions())
			flushed := 0
			s.ServeHTTP(flushingWriter{httptest.NewRecorder(), func() {
				if flushed++; s.log.String() != "" {
					t.Errorf("got the log line %s before the response", s.log)
				}
			}}, get("/ok"))
			if s.log.accessLine(t); flushed == 0 {
				t.Error("the response is sent after the log line")
			}
		})
	}
}
