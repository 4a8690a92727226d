// Package httpapi is the HTTP API of the service: its versions, their routes
// and handlers, and the two probes.
//
// A Router accepts routes only from Handle, which wants a Version, so that no
// route can be added without one. Everything a request is answered with leaves
// in one shape: JSON from handlers, a problem document for every refusal,
// including those of the mux itself.
package httpapi

import (
	"log/slog"
	"net/http"

	"go.opentelemetry.io/otel/metric"

	"git.example.org/shop/orders/v2/internal/health"
	"git.example.org/shop/orders/v2/internal/middleware"
	"git.example.org/shop/orders/v2/internal/problem"
)

// Router finds the endpoint of a request and serves it. Routes are added before
// it serves; afterwards it is safe for concurrent use.
type Router struct {
	mux       *http.ServeMux
	endpoints map[string]*endpoint // by pattern
	versions  map[string]*Version
	log       *slog.Logger
	meter     metric.Meter
}

// endpoint is what a pattern leads to.
type endpoint struct {
	route   middleware.Route
	version *Version // nil for a probe
	serve   http.HandlerFunc
}

// NewRouter returns a router that answers the probes from checks, counts the
// requests of each version with meter, and logs the use of deprecated ones.
func NewRouter(checks *health.Checks, meter metric.Meter, log *slog.Logger) *Router {
	r := &Router{
		mux:       http.NewServeMux(),
		endpoints: make(map[string]*endpoint),
		versions:  make(map[string]*Version),
		meter:     meter,
		log:       log,
	}
	r.probe("/health", serveHealth(checks))
	r.probe("/ready", serveReady(checks))
	return r
}

// probe adds one of the two routes that belong to no version.
func (r *Router) probe(path string, serve http.HandlerFunc) {
	r.add(http.MethodGet+" "+path, &endpoint{
		route: middleware.Route{Template: path, Probe: true},
		serve: serve,
	})
}

func (r *Router) add(pattern string, e *endpoint) {
	r.mux.Handle(pattern, e)
	r.endpoints[pattern] = e
}

// Match finds the route of a request without serving it, and remembers it in
// the pattern and path values of the request. What is matched is what is served
// later, so a middleware decides about exactly the route that will run.
func (r *Router) Match(req *http.Request) (middleware.Route, bool) {
	found := r.find(req)
	if found.endpoint == nil {
		return middleware.Route{}, false
	}
	return found.endpoint.route, true
}

// ServeHTTP serves the request, which Match may have seen before.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	e := r.endpoints[req.Pattern]
	if e == nil {
		found := r.find(req)
		if e = found.endpoint; e == nil {
			refuse(w, req, found)
			return
		}
	}
	if e.version != nil && !e.version.admit(w, req) {
		return
	}
	e.serve(w, req)
}

// find asks the mux once. On its way the mux sets pattern and path values of
// the request, which its Handler method does not.
func (r *Router) find(req *http.Request) *answer {
	var found answer
	r.mux.ServeHTTP(&found, req)
	if found.endpoint == nil {
		req.Pattern = "" // a redirect has the pattern of its target
	}
	return &found
}

// refuse sends the answer of the mux as a problem: not found, method not
// allowed, a redirect to the clean path, or a request target that is no path.
func refuse(w http.ResponseWriter, req *http.Request, a *answer) {
	for _, name := range []string{"Allow", "Location", "Connection"} {
		if v := a.header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	known := refusals[a.status]
	problem.Write(w, req, problem.New(a.status, known.code, known.detail))
}

var refusals = map[int]struct{ code, detail string }{
	http.StatusNotFound:          {problem.CodeNotFound, "there is nothing at this path"},
	http.StatusMethodNotAllowed:  {problem.CodeMethodNotAllowed, "this path does not support the method"},
	http.StatusTemporaryRedirect: {"redirect", "the path has another spelling, see the Location header"},
	http.StatusBadRequest:        {problem.CodeBadRequest, "the request target is not a path"},
}

// answer is the response writer that the mux answers into. An endpoint enters
// itself; of any other answer only status and header are kept.
type answer struct {
	endpoint *endpoint
	status   int
	header   http.Header
}

// ServeHTTP makes an endpoint something that the mux can lead to.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if a, ok := w.(*answer); ok {
		a.endpoint = e
	}
}

func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = make(http.Header)
	}
	return a.header
}

func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return len(b), nil }
