package middleware

import (
	"context"
	"net/http"
	"time"
)

// Route describes a route to the layers. Zero values mean the defaults of the service.
type Route struct {
	Template     string        // such as /v1/notes/{id}; names the route in logs and metrics
	APIVersion   string        // such as v1; empty outside the API
	Timeout      time.Duration // deadline of the request
	MaxBodyBytes int64         // largest request body
	Stream       bool          // the response has no natural end: no deadline, and no effect on the latency metrics
	Probe        bool          // called by the platform: no client certificate, no limit, logged at level debug unless it fails
}

// Routes finds the route of a request before the request is served.
type Routes interface {
	// Match reports false if no route has the path and the method of the request.
	Match(r *http.Request) (Route, bool)
}

// routeFrom returns the route of the request in ctx, or the zero Route.
func routeFrom(ctx context.Context) Route {
	if x := exchangeFrom(ctx); x != nil {
		return x.route
	}
	return Route{}
}
