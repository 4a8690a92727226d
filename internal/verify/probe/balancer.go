package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"
)

// readinessInterval is the time between two readiness checks of an instance. It is shorter than in a cluster, because
// the drain delay in scripts is shorter, too.
const readinessInterval = 100 * time.Millisecond

// balancer is a round-robin load balancer for the ready instances, like an Ingress and a Service. It keeps connections
// open, and sends to a draining instance until the next readiness check. It never retries a request.
type balancer struct {
	server *http.Server
	cancel context.CancelFunc
	checks sync.WaitGroup

	mu    sync.Mutex
	ready []string // addresses
	next  int
}

// balancerCommand starts the balancer and sets $BALANCER, or checks which instances it sends to.
func balancerCommand(s *script, args []string) error {
	usage := errors.New("usage: balancer start | balancer sends NAME…")
	if len(args) == 0 {
		return usage
	}
	switch {
	case args[0] == "start" && len(args) == 1 && s.balancer == nil:
		return s.startBalancer()
	case args[0] == "sends" && s.balancer != nil:
		var want []string
		for _, name := range args[1:] {
			i, err := s.instance(name)
			if err != nil {
				return err
			}
			want = append(want, i.api)
		}
		slices.Sort(want)
		if got := s.balancer.targets(); !slices.Equal(got, want) {
			return unmetf("the balancer sends to %v, want %v", got, want)
		}
		return nil
	}
	return usage
}

func (s *script) startBalancer() error {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &balancer{cancel: cancel}
	b.server = &http.Server{Handler: b.proxy(), ReadHeaderTimeout: serverLimit}
	s.balancer = b
	s.ts.Setenv("BALANCER", "http://"+listener.Addr().String())
	go func() { _ = b.server.Serve(listener) }() // returns after close
	b.checks.Go(func() {
		for ctx.Err() == nil {
			b.checkReady(s.addresses())
			select {
			case <-ctx.Done():
			case <-time.After(readinessInterval):
			}
		}
	})
	return nil
}

// addresses returns the addresses of all instances, including stopped ones.
func (s *script) addresses() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for i := range maps.Values(s.instances) {
		all = append(all, i.api)
	}
	slices.Sort(all)
	return all
}

// checkReady updates the list of ready instances.
func (b *balancer) checkReady(addresses []string) {
	var ready []string
	for _, address := range addresses {
		response, err := client.Get("http://" + address + "/ready")
		if err != nil {
			continue
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			ready = append(ready, address)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready = ready
}

func (b *balancer) targets() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.ready)
}

// pick returns the next address, or an empty string if no instance is ready.
func (b *balancer) pick() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ready) == 0 {
		return ""
	}
	b.next++
	return b.ready[b.next%len(b.ready)]
}

func (b *balancer) proxy() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: b.pick()})
			r.SetXForwarded()
		},
		Transport: once{&http.Transport{MaxIdleConnsPerHost: loadWorkers}},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, fmt.Sprintf("balancer: %v", err), http.StatusBadGateway)
		},
		ErrorLog: log.New(io.Discard, "", 0), // the client gets the error
	}
}

func (b *balancer) close() {
	b.cancel()
	b.checks.Wait()
	_ = b.server.Close()
}
