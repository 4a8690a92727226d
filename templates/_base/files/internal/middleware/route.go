package middleware

import "time"

// Route describes a route to the layers. Zero values mean the defaults of the service.
type Route struct {
	Template     string        // such as /v1/notes/{id}; names the route in logs and metrics
	APIVersion   string        // such as v1; empty outside the API
	Timeout      time.Duration // deadline of the request
	MaxBodyBytes int64         // largest request body
	Stream       bool          // the response has no natural end: no deadline, and no effect on the latency metrics
	Probe        bool          // called by the platform: no client certificate, no limit, logged at level debug unless it fails
}
