// Package directory asks another service who may own a note: the directory of
// owners.
//
// It is asked when a note is created, and only then, so that notes can be read
// and changed while it is down. What it does not answer in time is
// note.ErrUnavailable, and the caller may try again.
package directory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/acme/billing-api/internal/note"
)

// Bounds for what a directory may send. Of a response only the status counts;
// its body is read so that the connection can be used again, but not a long one.
const (
	maxHeader = 64 << 10
	maxBody   = 64 << 10
)

// The connections that are kept for the next call.
const (
	maxIdle     = 64
	idleTimeout = 60 * time.Second // below what servers commonly allow, so that they seldom close first
)

// Directory knows owners. It is safe for concurrent use.
type Directory struct {
	url     *url.URL // nil accepts every owner
	timeout time.Duration
	conns   *http.Transport
	client  *http.Client
}

// Open returns the directory that cfg names. Nothing is called before somebody
// asks.
func Open(cfg Config) (*Directory, error) {
	where, err := cfg.parse()
	if err != nil {
		return nil, fmt.Errorf("directory: open: %w", err)
	}
	conns := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: cfg.DialTimeout}).DialContext,
		TLSHandshakeTimeout:    cfg.DialTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
	}
	var transport http.RoundTripper = passOn{conns}
	transport = traced(transport)
	return &Directory{url: where, timeout: cfg.Timeout, conns: conns, client: &http.Client{
		Transport: transport,
		// A directory that has moved is a mistake in the settings, and ids of our
		// callers are nothing for a host that they do not name.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close closes the connections that are kept.
func (d *Directory) Close() { d.conns.CloseIdleConnections() }

// Knows reports whether the directory knows an owner.
func (d *Directory) Knows(ctx context.Context, owner string) (bool, error) {
	if d.url == nil {
		return true, nil
	}
	if owner == "." || owner == ".." {
		return false, nil // in a path they mean other places
	}
	limited, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	status, err := d.ask(limited, owner)
	switch {
	case ctx.Err() != nil:
		return false, fmt.Errorf("directory: %w", ctx.Err())
	case err != nil:
		return false, fmt.Errorf("directory: %w: %w", note.ErrUnavailable, err)
	case status == http.StatusNotFound:
		return false, nil
	case status < http.StatusOK || status >= http.StatusMultipleChoices:
		return false, fmt.Errorf("directory: %w: it answers %d", note.ErrUnavailable, status)
	}
	return true, nil
}

// ask returns the status of the directory's answer.
func (d *Directory) ask(ctx context.Context, owner string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url.JoinPath(url.PathEscape(owner)).String(), http.NoBody)
	if err != nil {
		return 0, err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		// The URL names the owner, which belongs into no log.
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err
		}
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()                       // a connection that breaks now has answered
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody)) // likewise
	return resp.StatusCode, nil
}
