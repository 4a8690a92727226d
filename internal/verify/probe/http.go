package probe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// client closes its connections, because some scripts count the connections of the service.
var client = &http.Client{
	Timeout:       20 * time.Second,
	Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// httpRequest holds the arguments of the commands http, begin and load.
type httpRequest struct {
	method, path, instance string
	headers                list
	body                   string
	chunked                bool
	within                 time.Duration
	status                 int
	has                    list // regular expressions
}

const requestUsage = "METHOD PATH [-i NAME] [-H 'NAME: VALUE']… [-d BODY|@FILE] [-chunked] [-within 20s] [-status N] [-has REGEXP]…"

func (s *script) parseRequest(name string, args []string) (httpRequest, error) {
	var q httpRequest
	flags := newFlags(name)
	instance := flags.instance()
	flags.Var(&q.headers, "H", "a header")
	flags.StringVar(&q.body, "d", "", "the body, JSON unless a header says otherwise")
	flags.BoolVar(&q.chunked, "chunked", false, "send the body without a Content-Length")
	flags.DurationVar(&q.within, "within", client.Timeout, "timeout for the response")
	flags.IntVar(&q.status, "status", 0, "expected status; 0 means any below 300")
	flags.Var(&q.has, "has", "regular expression that the response, including headers, must match")
	rest, err := flags.parseAround(args, 2, name+" "+requestUsage)
	if err != nil {
		return httpRequest{}, err
	}
	q.method, q.path, q.instance = rest[0], rest[1], *instance
	if file, ok := strings.CutPrefix(q.body, "@"); ok {
		data, err := os.ReadFile(s.ts.MkAbs(file))
		if err != nil {
			return httpRequest{}, err
		}
		q.body = string(data)
	}
	return q, nil
}

// request returns the HTTP request. The path may be a full URL, such as that of the metrics.
func (s *script) request(q httpRequest) (*http.Request, error) {
	url := q.path
	if strings.HasPrefix(url, "/") {
		i, err := s.instance(q.instance)
		if err != nil {
			return nil, err
		}
		url = "http://" + i.api + q.path
	}
	var body io.Reader = http.NoBody
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	request, err := http.NewRequest(q.method, url, body)
	if err != nil {
		return nil, err
	}
	if q.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if q.chunked {
		request.ContentLength = -1
	}
	for _, header := range q.headers {
		name, value, ok := strings.Cut(header, ":")
		if !ok {
			return nil, fmt.Errorf("header %q is not NAME: VALUE", header)
		}
		request.Header.Set(name, strings.TrimSpace(value))
	}
	return request, nil
}

// httpCommand sends a request and prints the response: the status line, the sorted headers, and the body.
func httpCommand(s *script, args []string) error {
	q, err := s.parseRequest("http", args)
	if err != nil {
		return err
	}
	request, err := s.request(q)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), q.within)
	defer cancel()
	var connection held
	defer connection.drop()
	own := *client
	own.Transport = &http.Transport{DisableKeepAlives: true, DisableCompression: true, DialContext: connection.dial}
	response, err := own.Do(request.WithContext(ctx))
	if err != nil {
		return unmet{err}
	}
	err = s.checkResponse(q, response)
	connection.settle()
	return err
}

// held is a connection that the transport cannot close, so that settle can wait for the server to close it. The server
// does so when its handler has returned. Then the request has been counted and logged.
type held struct{ net.Conn }

// settleLimit is how long a command waits for the server to close the connection.
const settleLimit = 2 * time.Second

func (h *held) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var err error
	h.Conn, err = new(net.Dialer).DialContext(ctx, network, address)
	return h, err
}

// Close does nothing. drop closes the connection.
func (h *held) Close() error { return nil }

func (h *held) settle() {
	if err := h.SetReadDeadline(time.Now().Add(settleLimit)); err == nil {
		_, _ = io.Copy(io.Discard, h.Conn)
	}
}

func (h *held) drop() {
	if h.Conn != nil {
		h.Conn.Close()
	}
}

// checkResponse prints a response and compares it with the expectations.
func (s *script) checkResponse(q httpRequest, response *http.Response) error {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return unmet{err}
	}
	s.printf("%s %s\n", response.Proto, response.Status)
	for _, name := range slices.Sorted(maps.Keys(response.Header)) {
		for _, value := range response.Header[name] {
			s.printf("%s: %s\n", name, value)
		}
	}
	s.printf("\n%s\n", bytes.TrimRight(body, "\n"))
	if q.status == 0 && response.StatusCode >= http.StatusMultipleChoices || q.status != 0 && response.StatusCode != q.status {
		return unmetf("got %s: %.300s", response.Status, body)
	}
	for _, expression := range q.has {
		re, err := regexp.Compile("(?m)" + expression)
		if err != nil {
			return err
		}
		if !re.Match(s.out.Bytes()) {
			return unmetf("the response does not match %s: %.300s", expression, body)
		}
	}
	return nil
}

// openRequest is a request whose last byte, if it has a body, is not sent, and whose response is not read.
type openRequest struct {
	expected httpRequest
	conn     net.Conn
	request  *http.Request
	last     string
}

// begin sends a request without the last byte of its body. The request stays in flight until finish sends that byte. A
// request without a body is sent completely, and finish reads its response, such as a stream, to the end.
func begin(s *script, args []string) error {
	q, err := s.parseRequest("begin", args)
	if err != nil {
		return err
	}
	request, err := s.request(q)
	if err != nil {
		return err
	}
	request.Close = true
	if s.open != nil {
		return errors.New("only one request can be open at a time")
	}
	var wire bytes.Buffer
	if err := request.Write(&wire); err != nil {
		return err
	}
	conn, err := net.DialTimeout("tcp", request.URL.Host, client.Timeout)
	if err != nil {
		return unmet{err}
	}
	if err := conn.SetDeadline(time.Now().Add(client.Timeout)); err != nil {
		return errors.Join(err, conn.Close())
	}
	first := wire.Len()
	if q.body != "" {
		first--
	}
	s.open = &openRequest{expected: q, conn: conn, request: request, last: wire.String()[first:]}
	if _, err := conn.Write(wire.Bytes()[:first]); err != nil {
		return unmet{err}
	}
	return nil
}

// finish sends what is left of the open request, and checks the response like http.
func finish(s *script, args []string) error {
	if s.open == nil || len(args) > 0 {
		return errors.New("usage: finish, after begin")
	}
	open := s.open
	s.open = nil
	defer open.conn.Close()
	if _, err := io.WriteString(open.conn, open.last); err != nil {
		return unmet{err}
	}
	response, err := http.ReadResponse(bufio.NewReader(open.conn), open.request)
	if err != nil {
		return unmet{err}
	}
	err = s.checkResponse(open.expected, response)
	(&held{open.conn}).settle()
	return err
}
