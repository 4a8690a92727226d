package middleware

import (
	"context"
	"net/http"
	"time"
)

// Route is what the chain must know about the route that a request will meet. Zero values stand for the defaults of
// the service.
type Route struct {
	Template     string        // such as /v1/notes/{id}; it names the route in logs and metrics
	APIVersion   string        // such as v1; empty outside the API
	Timeout      time.Duration // deadline of the request
	MaxBodyBytes int64         // largest request body
	Stream       bool          // the response has no natural end: no deadline, neither of the request nor for writing
	Probe        bool          // called by the platform: needs no client certificate, logged only when it fails
}

// Routes tells which route a request will meet, before it does.
type Routes interface {
	// Match reports false when no route has the path, or none has it with this method.
	Match(r *http.Request) (Route, bool)
}

// RouteFrom returns the route that the request met: the zero Route when there is none.
func RouteFrom(ctx context.Context) Route {
	if x := exchangeFrom(ctx); x != nil {
		return x.route
	}
	return Route{}
}
