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

// lookEvery is how often the balancer asks whether an instance is ready. A cluster takes longer to tell its proxies, and has
// longer for it: the drain delay of scripts is short as well.
const lookEvery = 100 * time.Millisecond

// balancer passes requests on to the instances that are ready, as a Service and what stands before it do: in turn, over
// connections that are kept, and to one that drains until it has seen that. It never tries a request twice.
type balancer struct {
	server *http.Server
	cancel context.CancelFunc
	looks  sync.WaitGroup

	mu    sync.Mutex
	ready []string // addresses
	next  int
}

// balancerCommand starts the balancer, $BALANCER, or tells which instances it sends to.
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
	b.server = &http.Server{Handler: b.proxy(), ReadHeaderTimeout: patience}
	s.balancer = b
	s.ts.Setenv("BALANCER", "http://"+listener.Addr().String())
	go func() { _ = b.server.Serve(listener) }() // until close
	b.looks.Go(func() {
		for ctx.Err() == nil {
			b.look(s.addresses())
			select {
			case <-ctx.Done():
			case <-time.After(lookEvery):
			}
		}
	})
	return nil
}

// addresses returns those of all instances, whatever became of them.
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

// look asks every instance whether it is ready.
func (b *balancer) look(addresses []string) {
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

// turn returns the address whose turn it is; none if no instance is ready.
func (b *balancer) turn() string {
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
			r.SetURL(&url.URL{Scheme: "http", Host: b.turn()})
			r.SetXForwarded()
		},
		Transport: once{&http.Transport{MaxIdleConnsPerHost: loadWorkers}},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, fmt.Sprintf("balancer: %v", err), http.StatusBadGateway)
		},
		ErrorLog: log.New(io.Discard, "", 0), // who asked gets to know
	}
}

func (b *balancer) close() {
	b.cancel()
	b.looks.Wait()
	_ = b.server.Close()
}
