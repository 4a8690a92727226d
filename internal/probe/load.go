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
	loadPause   = 10 * time.Millisecond // of each worker between two requests
	loadLimit   = 30 * time.Second      // then it ends by itself
)

// load asks one instance, or a URL, again and again and counts what becomes of it. Its connections are kept between requests,
// as those of real clients are, and like a load balancer it sends nothing more to an instance that says it is draining.
type load struct {
	target  *instance
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu       sync.Mutex
	outcomes map[string]int // by status; and "refused" and "lost"
	lost     error          // the first
}

const (
	refused = "refused" // no connection: the client knows that nothing was done
	lost    = "lost"    // the connection broke while the client waited
)

func loadCommand(s *script, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: load start " + questionUsage + " | load stop")
	}
	switch args[0] {
	case "start":
		return s.startLoad(args[1:])
	case "stop":
		if s.load == nil {
			return errors.New("there is no load")
		}
		return s.endLoad()
	}
	return fmt.Errorf("unknown verb %q", args[0])
}

func (s *script) startLoad(args []string) error {
	q, err := s.parseQuestion("load", args)
	if err != nil {
		return err
	}
	if s.load != nil {
		return errors.New("one load at a time")
	}
	var target *instance // none if it is a whole URL, such as that of the balancer
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
				l.count(l.ask(transport, request))
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

// watch ends the load when the instance drains. One that is not ready for another reason is asked on.
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
		case <-time.After(pollEvery):
		}
	}
}

// ask waits for the whole answer even when the load ends meanwhile: a request is never given up by the client.
func (l *load) ask(transport *http.Transport, request *http.Request) (string, error) {
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

// once is a transport that does not hide what was lost. Its kind sends a request again when a connection that it kept turns
// out to be closed.
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
		return nil, fmt.Errorf("it was sent: %v", err) //nolint:errorlint // that the next connection was refused does not count
	case err == nil && sent.Load() > 1:
		response.Body.Close()
		return nil, errors.New("it was sent, and had to be sent again")
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

// endLoad ends the load and prints a line for each outcome. A request that was lost is a failure.
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
		return unmetf("%d of %d requests were lost, the first: %w", n, total, l.lost)
	}
	if total == l.outcomes[refused] {
		return errors.New("no request of the load was served")
	}
	return nil
}
