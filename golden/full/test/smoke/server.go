package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

var client = &http.Client{
	Timeout:       15 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// server is a server that the checks send requests to.
type server struct{ url, token string }

// flags adds a flag for the URL. The token comes from the environment, because other users of the machine can read
// command lines.
func (s *server) flags(flags *flag.FlagSet, name, title string) {
	variable := "SMOKE_" + strings.ToUpper(name) + "_TOKEN"
	s.token = os.Getenv(variable)
	flags.StringVar(&s.url, name, "", fmt.Sprintf("`address` of %s; $%s is its bearer token, if it needs one", title, variable))
}

// get decodes the response to a GET request into a value that is not nil.
func (s *server) get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	_, err := s.send(ctx, http.MethodGet, path, "", nil, http.StatusOK, into)
	return err
}

// send sends a request with a JSON body, unless body is nil. A status other than want is an error.
func (s *server) send(ctx context.Context, method, path, ifMatch string, body any, want int, into any) (http.Header, error) {
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(s.url, "/")+path, &content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if ifMatch != "" {
		req.Header.Set("If-Match", ifMatch)
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != want {
		return nil, fmt.Errorf("%s %s: got %d, want %d: %s", method, path, res.StatusCode, want, bytes.TrimSpace(data[:min(len(data), 300)]))
	}
	if into != nil {
		err = json.Unmarshal(data, into)
	}
	return res.Header, err
}
