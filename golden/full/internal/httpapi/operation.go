package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/acme/billing-api/internal/middleware"
	"github.com/acme/billing-api/internal/problem"
)

// operation describes a route of a version.
type operation struct {
	ID      string // unique within the version, such as get-note
	Method  string
	Path    string // relative to the version, such as /notes/{id}
	Summary string
	Status  int   // of a success; zero means 200, or 204 without a response body
	Errors  []int // statuses that the handler returns

	// Limits of this route. Zero means the limit in the settings.
	Timeout      time.Duration
	MaxBodyBytes int64
	Stream       bool // the response ends with the client or the shutdown
}

// handle adds a route to a version. huma decodes the request into I, validates it, and encodes O.
// An error of the handler becomes a problem document.
func handle[I, O any](v *Version, op operation, handler func(context.Context, *I) (*O, error)) {
	route := middleware.Route{Timeout: op.Timeout, MaxBodyBytes: op.MaxBodyBytes, Stream: op.Stream}
	huma.Register(v.api, huma.Operation{
		OperationID:   op.ID,
		Method:        op.Method,
		Path:          op.Path,
		Summary:       op.Summary,
		DefaultStatus: op.Status,
		Errors:        op.Errors,
		Metadata:      map[string]any{routeKey: route},
	}, func(ctx context.Context, in *I) (*O, error) {
		if err := ctx.Err(); err != nil {
			return nil, problem.From(ctx, err) // the deadline passed while the body was read or decoded
		}
		out, err := handler(ctx, in)
		if err != nil {
			return nil, problem.From(ctx, domainProblem(err))
		}
		return out, nil
	})
}

// routeKey is the key of the middleware.Route in the metadata of an operation.
const routeKey = "route"

// adapter adds the operations of huma to the router.
type adapter struct{ version *Version }

// Handle implements huma.Adapter.
func (a adapter) Handle(op *huma.Operation, serve func(huma.Context)) {
	// The middleware limits the size of bodies and the time for reading them. The deadline that
	// huma would set stays on the connection, where it would also cancel slow handlers.
	op.MaxBodyBytes, op.BodyReadTimeout = 0, 0

	route, _ := op.Metadata[routeKey].(middleware.Route)
	a.version.add(op.Method, op.Path, route, func(w http.ResponseWriter, r *http.Request) {
		if p := checkRequest(r, op); p != nil {
			if p.Status == http.StatusUnsupportedMediaType {
				w.Header().Set("Accept", contentType)
				w.Header().Set("Accept-Encoding", "identity")
			}
			problem.Write(w, r, p)
			return
		}
		serve(joinedHeaders{humago.NewContext(op, r, w), r.Header})
	})
}

// ServeHTTP implements huma.Adapter.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.version.router.ServeHTTP(w, r) }
