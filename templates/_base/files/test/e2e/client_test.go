//go:build !windows

package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// client sends requests to one service on its own connections.
type client struct {
	t    *testing.T
	base string
	http *http.Client
}

func newClient(t *testing.T, base string) *client {
	t.Helper()
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t: t, base: base, http: &http.Client{Transport: transport, Timeout: patience}}
}

// answer is a response and its whole body.
type answer struct {
	*http.Response
	body string
}

// ask sends a request; headers are pairs of name and value.
func (c *client) ask(method, path, body string, headers ...string) answer {
	c.t.Helper()
	a, err := c.try(method, path, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// try is like ask, and returns an error instead of failing the test. It never sends a request twice, because the body
// cannot be read again.
func (c *client) try(method, path, body string, headers ...string) (answer, error) {
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return answer{res, string(data)}, err
}

// want checks the status, and decodes the body into a value that is not nil.
func (a answer) want(t *testing.T, status int, into any) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("got %d %s, want %d", a.StatusCode, a.body, status)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(a.body), into); err != nil {
			t.Fatalf("body %q: %v", a.body, err)
		}
	}
	return a
}
