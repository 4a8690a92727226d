// Package httpapi is the HTTP API: its versions, routes and handlers, and the health probes. Error
// responses are problem documents (package problem).
package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/acme/billing-api/internal/health"
	"github.com/acme/billing-api/internal/middleware"
	"github.com/acme/billing-api/internal/problem"
)

// Router dispatches requests. Every route but the probes belongs to a Version. Add all routes
// before the router serves its first request.
type Router struct {
	mux      *http.ServeMux
	chain    http.Handler
	routes   map[string]middleware.Route // by pattern
	handlers map[string]http.HandlerFunc // by pattern
	versions map[string]*Version
	meter    metric.Meter
	log      *slog.Logger
}

// NewRouter returns a router with the probe routes. It counts the requests of each API version with
// meter, and warns in the log when clients use a deprecated version.
func NewRouter(checks *health.Checks, meter metric.Meter, log *slog.Logger) *Router {
	r := &Router{
		mux:      http.NewServeMux(),
		routes:   make(map[string]middleware.Route),
		handlers: make(map[string]http.HandlerFunc),
		versions: make(map[string]*Version),
		meter:    meter,
		log:      log,
	}
	r.Use(nil)
	r.mux.HandleFunc("/", r.serveChain)
	r.probe("/health", serveHealth(checks))
	r.probe("/ready", serveReady(checks))
	return r
}

func (r *Router) probe(path string, handler http.HandlerFunc) {
	r.add(http.MethodGet, middleware.Route{Template: path, Probe: true}, handler)
}

// add adds a route. The mux only finds its pattern: the layers of the chain come next and know the route by it, and
// dispatch calls the handler.
func (r *Router) add(method string, route middleware.Route, handler http.HandlerFunc) {
	pattern := method + " " + route.Template
	r.mux.HandleFunc(pattern, r.serveChain)
	r.routes[pattern], r.handlers[pattern] = route, handler
}

// Use sets the layers that each request passes after the router has found its route. Call it before the first request.
func (r *Router) Use(chain middleware.Chain) { r.chain = chain.Then(http.HandlerFunc(r.dispatch)) }

// ServeHTTP implements http.Handler. OPTIONS * and //v1/notes, which http.ServeMux would handle itself, have no route.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	clean := path.Clean(req.URL.Path)
	if req.RequestURI != "*" && (clean == req.URL.Path || clean+"/" == req.URL.Path) {
		r.mux.ServeHTTP(w, req)
		return
	}
	r.chain.ServeHTTP(w, req)
}

func (r *Router) serveChain(w http.ResponseWriter, req *http.Request) { r.chain.ServeHTTP(w, req) }

// Route returns the route that the router found for a request, or the zero Route.
func (r *Router) Route(req *http.Request) middleware.Route { return r.routes[req.Pattern] }

func (r *Router) dispatch(w http.ResponseWriter, req *http.Request) {
	if handler, ok := r.handlers[req.Pattern]; ok {
		handler(w, req)
		return
	}
	allowed := r.allowedMethods(req)
	if len(allowed) == 0 || req.Pattern == "" {
		problem.Write(w, req, problem.New(http.StatusNotFound, "", "no such path"))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	problem.Write(w, req, problem.New(http.StatusMethodNotAllowed, "", "this path does not support the method"))
}

// allowedMethods returns the methods that have a route for the path of req.
func (r *Router) allowedMethods(req *http.Request) []string {
	var allowed []string
	for _, method := range []string{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"} {
		other := *req
		other.Method = method
		_, pattern := r.mux.Handler(&other)
		if _, ok := r.routes[pattern]; ok {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// CheckTimeouts returns an error that names every route whose own timeout is longer than limit, the
// time that requests in flight have when the service stops.
func (r *Router) CheckTimeouts(limit time.Duration) error {
	var errs []error
	for pattern, route := range r.routes {
		if route.Timeout > limit {
			errs = append(errs, fmt.Errorf("%s: the timeout of this route is %s, but the shutdown cuts requests off after %s",
				pattern, route.Timeout, limit))
		}
	}
	return errors.Join(errs...)
}
