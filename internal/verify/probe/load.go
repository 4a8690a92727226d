package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	loadWorkers = 4
	loadPause   = 10 * time.Millisecond // between two requests of a worker
	loadLimit   = 30 * time.Second      // maximum duration
)

// load sends requests to one instance or URL continuously and counts the outcomes. It reuses connections, like real
// clients. Like a load balancer, it stops sending to an instance that reports that it is draining.
type load struct {
	target  *instance
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu       sync.Mutex
	outcomes map[string]int // number of requests by status, refused or lost
	lost     error          // error of the first lost request
}

const (
	refused = "refused" // no connection, so the service did not see the request
	lost    = "lost"    // the connection broke before the response was complete
)

func loadCommand(s *script, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: load start " + requestUsage + " | load stop")
	}
	switch args[0] {
	case "start":
		return s.startLoad(args[1:])
	case "stop":
		if s.load == nil {
			return errors.New("the load is not running")
		}
		return s.endLoad()
	}
	return fmt.Errorf("unknown subcommand %q", args[0])
}

func (s *script) startLoad(args []string) error {
	q, err := s.parseRequest("load", args)
	if err != nil {
		return err
	}
	if s.load != nil {
		return errors.New("only one load can run at a time")
	}
	var target *instance // nil for a full URL, such as that of the balancer
	if strings.HasPrefix(q.path, "/") {
		if target, err = s.instance(q.instance); err != nil {
			return err
		}
	}
	request, err := s.request(q)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), loadLimit)
	l := &load{target: target, cancel: cancel, outcomes: map[string]int{}}
	s.load = l
	transport := &http.Transport{MaxIdleConnsPerHost: loadWorkers}
	for range loadWorkers {
		l.workers.Go(func() {
			for ctx.Err() == nil {
				l.count(l.send(transport, request))
				select {
				case <-ctx.Done():
				case <-time.After(loadPause):
				}
			}
		})
	}
	if target != nil {
		l.workers.Go(func() { l.watch(ctx) })
	}
	go func() {
		l.workers.Wait()
		transport.CloseIdleConnections()
	}()
	return nil
}

// watch stops the load when the instance drains. The load continues if the instance is not ready for another reason.
func (l *load) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if response, err := client.Get("http://" + l.target.api + "/ready"); err == nil {
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err == nil && bytes.Contains(body, []byte(`"draining":true`)) {
				l.cancel()
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pollInterval):
		}
	}
}

// send sends a request and waits for the complete response, even if the load ends in the meantime.
func (l *load) send(transport *http.Transport, request *http.Request) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), client.Timeout)
	defer cancel()
	request = request.Clone(ctx)
	if request.GetBody != nil {
		body, err := request.GetBody()
		if err != nil {
			return lost, err
		}
		request.Body = body
	}
	response, err := once{transport}.RoundTrip(request)
	dial := (*net.OpError)(nil)
	switch {
	case errors.As(err, &dial) && dial.Op == "dial":
		return refused, nil
	case err != nil:
		return lost, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return lost, err
	}
	return strconv.Itoa(response.StatusCode), nil
}

// once is a transport that reports lost requests. http.Transport would retry a request if a reused connection turns out
// to be closed.
type once struct{ *http.Transport }

func (o once) RoundTrip(request *http.Request) (*http.Response, error) {
	var sent atomic.Int64
	response, err := o.Transport.RoundTrip(request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				sent.Add(1)
			}
		},
	})))
	switch {
	case err != nil && sent.Load() > 0:
		return nil, fmt.Errorf("failed after it was sent: %v",
			err) //nolint:errorlint // must not match as a refused connection
	case err == nil && sent.Load() > 1:
		response.Body.Close()
		return nil, errors.New("the transport had to retry it")
	}
	return response, err
}

func (l *load) count(outcome string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcomes[outcome]++
	if l.lost == nil {
		l.lost = err
	}
}

func (l *load) end() {
	l.cancel()
	l.workers.Wait()
}

// endLoad stops the load and prints the number of requests by outcome. It fails if a request was lost.
func (s *script) endLoad() error {
	l := s.load
	s.load = nil
	l.end()
	var names []string
	for name := range l.outcomes {
		names = append(names, name)
	}
	slices.Sort(names)
	total := 0
	for _, name := range names {
		s.printf("%s %d\n", name, l.outcomes[name])
		total += l.outcomes[name]
	}
	if n := l.outcomes[lost]; n > 0 {
		return unmetf("%d of %d requests were lost; the first: %w", n, total, l.lost)
	}
	if total == l.outcomes[refused] {
		return errors.New("the load got no response")
	}
	return nil
}
