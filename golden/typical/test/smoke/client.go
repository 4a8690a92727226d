package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxBody is more than anything that is asked for has.
const maxBody = 16 << 20

var client = &http.Client{
	Timeout: 15 * time.Second,
	// A redirect would answer for something else than what was asked.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// answer is a response that has arrived completely.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request; headers are pairs of name and value. A body that is not nil is sent as JSON.
func send(ctx context.Context, method, url string, body any, headers ...string) (answer, error) {
	var content io.Reader = http.NoBody
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", "orders-smoke")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }() // it was read, or the error says why not
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", method, req.URL.Path, err)
	}
	return answer{res.StatusCode, res.Header, data}, nil
}

// ask sends a request that must be answered with the status, and decodes what came into a value that is not nil.
func (d *deployment) ask(ctx context.Context, method, path string, body any, status int, into any, headers ...string) (answer, error) {
	a, err := send(ctx, method, d.url+path, body, headers...)
	if err != nil {
		return a, err
	}
	if a.status != status {
		return a, fmt.Errorf("%s %s: got %d, want %d: %s", method, path, a.status, status, excerpt(a.body))
	}
	if into != nil {
		if err := json.Unmarshal(a.body, into); err != nil {
			return a, fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	return a, nil
}

// excerpt is enough of a body to see what it is, on one line.
func excerpt(body []byte) string {
	const enough = 300
	body = bytes.Join(bytes.Fields(body), []byte(" "))
	if len(body) > enough {
		body = append(body[:enough:enough], "…"...)
	}
	return string(body)
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // it does not fail
	return hex.EncodeToString(b)
}
