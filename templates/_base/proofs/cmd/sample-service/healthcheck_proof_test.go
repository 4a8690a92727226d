package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/acme/sample-service/internal/config"
)

func TestHealthcheckSpeaksTLS(t *testing.T) {
	server := httptest.NewTLSServer(probes(http.StatusOK, http.StatusOK))
	defer server.Close()
	dir := t.TempDir()
	args := []string{
		"healthcheck", "--set", "server.port=" + port(t, server.URL),
		"--set", "server.tls.cert_file=" + touch(t, dir, "tls.crt"),
		"--set", "server.tls.key_file=" + touch(t, dir, "tls.key"),
	}
	if got := command(t, nil, args...); got.code != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestHealthcheckWorksWithBrokenSettings(t *testing.T) {
	server := httptest.NewServer(probes(http.StatusOK, http.StatusOK))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(file, []byte("server: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"SAMPLE_SERVICE_SERVER__PORT=" + port(t, server.URL), "SAMPLE_SERVICE_LOG__LEVEL=loud"}
	if got := command(t, environ, "healthcheck", "--config", file); got.code != 0 {
		t.Errorf("got %+v, want code 0", got)
	}
	// The broken file may have held another address.
	server.Close()
	if got := command(t, environ, "healthcheck", "--config", file); got.code != 1 || !strings.Contains(got.stderr, "broken.yaml: ") {
		t.Errorf("got %+v, want code 1 and the broken file", got)
	}
}

func TestHealthcheckWaitsForTheChecks(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(700 * time.Millisecond):
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	for limit, code := range map[string]int{"1ms": 1, "2s": 0} {
		got := command(t, nil, "healthcheck", "--set", "server.port="+port(t, server.URL), "--set", "health.check_timeout="+limit)
		if got.code != code {
			t.Errorf("health.check_timeout %s: got %+v, want code %d", limit, got, code)
		}
	}
}

func TestHealthcheckFailsWhenNothingListens(t *testing.T) {
	server := httptest.NewServer(probes(http.StatusOK, http.StatusOK))
	server.Close()
	got := command(t, nil, "healthcheck", "--set", "server.port="+port(t, server.URL))
	if got.code != 1 || !strings.Contains(got.stderr, "connection refused") {
		t.Errorf("got %+v", got)
	}
}

func TestHealthcheckUsesTheAddressOfTheListener(t *testing.T) {
	for bind, want := range map[string]string{
		"0.0.0.0":   "http://0.0.0.0:8080/health",
		"::":        "http://[::]:8080/health",
		"127.0.0.2": "http://127.0.0.2:8080/health",
		"10.1.2.3":  "http://10.1.2.3:8080/health",

		"fe80::1%eth0": "http://[fe80::1%25eth0]:8080/health",
	} {
		loaded, err := config.Load(config.Sources{Set: []string{"server.bind=" + bind}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := probeURL(loaded.Config, "/health")
		if err != nil || got != want {
			t.Errorf("bind %s: got %s, %v, want %s", bind, got, err, want)
		}
	}
}

func touch(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHealthcheckReportsTheRunningService(t *testing.T) {
	for _, test := range []struct {
		rule           string
		args           []string
		healthy, ready int
		code           int
	}{
		{"alive", nil, http.StatusOK, http.StatusServiceUnavailable, 0},
		{"not alive", nil, http.StatusServiceUnavailable, http.StatusOK, 1},
		{"ready", []string{"--ready"}, http.StatusServiceUnavailable, http.StatusOK, 0},
		{"not ready", []string{"--ready"}, http.StatusOK, http.StatusServiceUnavailable, 1},
	} {
		t.Run(test.rule, func(t *testing.T) {
			server := httptest.NewServer(probes(test.healthy, test.ready))
			defer server.Close()
			args := append([]string{"healthcheck", "--set", "server.bind=0.0.0.0", "--set", "server.port=" + port(t, server.URL)}, test.args...)
			if got := command(t, nil, args...); got.code != test.code || !strings.Contains(got.stdout+got.stderr, "the report") {
				t.Errorf("got %+v, want code %d, and what the service answered", got, test.code)
			}
		})
	}
}

// probes returns a handler that answers the probes with the given statuses.
func probes(healthy, ready int) http.Handler {
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "the report", status) }
	}
	mux := http.NewServeMux()
	mux.Handle("GET /health", answer(healthy))
	mux.Handle("GET /ready", answer(ready))
	return mux
}

func port(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	_, number, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	return number
}
