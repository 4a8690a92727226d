package middleware

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func TestTracedTextOfClientsIsBounded(t *testing.T) {
	s := newTracedServer(t, tracedRoutes, sdktrace.AlwaysSample(), false)
	long := strings.Repeat("x", 10_000)
	r := httptest.NewRequest(strings.Repeat("BREW", 100), "/"+long+"?q="+long, nil)
	r.Host = long
	r.Header.Set("User-Agent", long)
	r.Header.Set("X-Anything", "not recorded")
	s.do(r)
	span, attrs := s.span(t)
	if span.Name() != "HTTP" || attrs["http.request.method"] != "_OTHER" {
		t.Errorf("got %.50s and method %v, want HTTP and _OTHER", span.Name(), attrs["http.request.method"])
	}
	for name, value := range attrs {
		if text, ok := value.(string); ok && (len(text) > 256 || strings.Contains(text, "not recorded")) {
			t.Errorf("got %d bytes for %s", len(text), name)
		}
	}
}

// OTLP is protobuf, which rejects a whole batch of spans for one string that is not UTF-8.
func TestTracedTextIsValidUTF8(t *testing.T) {
	s := newTracedServer(t, tracedRoutes, sdktrace.AlwaysSample(), false)
	r := httptest.NewRequest(http.MethodGet, "/%ff"+strings.Repeat("é", 1000)+"?q=\xff", nil)
	r.Host = "\xff.example.com"
	r.Header.Set("User-Agent", "\xff")
	s.do(r)
	_, attrs := s.span(t)
	for name, value := range attrs {
		if text, ok := value.(string); ok && !utf8.ValidString(text) {
			t.Errorf("%s: %q is not valid UTF-8", name, text)
		}
	}
}

func TestTracedClientThatLeft(t *testing.T) {
	s := newTracedServer(t, testRouter{"/silent": {serve: func(http.ResponseWriter, *http.Request) {}}}, sdktrace.AlwaysSample(), false)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	s.do(get("/silent").WithContext(ctx))
	if span, attrs := s.span(t); attrs["http.response.status_code"] != int64(499) || span.Status().Code != codes.Unset {
		t.Errorf("got %v, %v, want status 499 without an error", attrs, span.Status())
	}
}

func TestPathsBelowAProbeAreTraced(t *testing.T) {
	s := newTracedServer(t, tracedRoutes, sdktrace.AlwaysSample(), false)
	s.do(get("/health/other"))
	s.span(t)
}

func TestTracedHosts(t *testing.T) {
	for host, want := range map[string][2]any{
		"a.b": {"a.b", nil}, "a.b:80": {"a.b", int64(80)}, "a.b:x": {"a.b", nil}, "a.b:99999": {"a.b", nil}, "[::1]:8080": {"::1", int64(8080)},
	} {
		s := newTracedServer(t, tracedRoutes, sdktrace.AlwaysSample(), false)
		r := get("/notes/1")
		r.Host = host
		s.do(r)
		if _, attrs := s.span(t); attrs["server.address"] != want[0] || attrs["server.port"] != want[1] {
			t.Errorf("%s: got %v and %v, want %v", host, attrs["server.address"], attrs["server.port"], want)
		}
	}
}
