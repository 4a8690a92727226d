package httpapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"git.example.org/shop/orders/v2/internal/middleware"
	"git.example.org/shop/orders/v2/internal/problem"
)

// Operation describes one route of a version.
type Operation struct {
	ID      string // unique in the version, such as get-note
	Method  string
	Path    string // below the version, such as /notes/{id}
	Summary string
	Status  int   // of success; zero means 200, or 204 without a body
	Errors  []int // statuses that the handler refuses with

	// Where the route differs from the settings of the service; zero means
	// that it does not.
	Timeout      time.Duration
	MaxBodyBytes int64
	Stream       bool // the response has no natural end
}

// Handle adds a route to a version. It is the only way to add one. The fields
// of I are what the request is decoded into and checked against, those of O
// what the response is made of; an error becomes a problem.
func Handle[I, O any](v *Version, op Operation, handler func(context.Context, *I) (*O, error)) {
	route := middleware.Route{Timeout: op.Timeout, MaxBodyBytes: op.MaxBodyBytes, Stream: op.Stream}
	huma.Register(operationAPI{v.api, adapter{version: v, route: route}}, huma.Operation{
		OperationID:   op.ID,
		Method:        op.Method,
		Path:          op.Path,
		Summary:       op.Summary,
		DefaultStatus: op.Status,
		Errors:        op.Errors,
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, problem.From(ctx, domainProblem(err))
		}
		return out, nil
	})
}

// operationAPI is the API of a version as one of its operations sees it.
type operationAPI struct {
	huma.API
	adapter adapter
}

func (a operationAPI) Adapter() huma.Adapter { return a.adapter }

// Negotiate answers in JSON whatever the client accepts: a client that wants
// something else learns more from JSON than from a 406.
func (a operationAPI) Negotiate(string) (string, error) { return contentType, nil }

// Unmarshal reads JSON: the adapter has refused everything else.
func (a operationAPI) Unmarshal(_ string, data []byte, v any) error { return readJSON(data, v) }

// Marshal writes JSON, which problems are too.
func (a operationAPI) Marshal(w io.Writer, _ string, v any) error { return writeJSON(w, v) }

// maxErrors bounds the answer to a body in which everything is wrong.
const maxErrors = 20

// Transform shortens the list of refused fields, which huma makes complete.
func (a operationAPI) Transform(_ huma.Context, _ string, body any) (any, error) {
	if p, ok := body.(*problem.Problem); ok && len(p.Errors) > maxErrors {
		p.Errors = p.Errors[:maxErrors]
	}
	return body, nil
}

// adapter takes operations from huma into the router.
type adapter struct {
	version *Version
	route   middleware.Route
}

// Handle implements huma.Adapter.
func (a adapter) Handle(op *huma.Operation, serve func(huma.Context)) {
	// The middlewares decide how large a body may be and how long it may take.
	// huma would refuse a body of exactly its limit, and its read deadline
	// stays on the connection, where it cancels handlers that take longer.
	op.MaxBodyBytes, op.BodyReadTimeout = 0, 0

	var queryNames []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			queryNames = append(queryNames, p.Name)
		}
	}
	hasBody := op.RequestBody != nil
	a.version.add(op.Method, op.Path, a.route, func(w http.ResponseWriter, r *http.Request) {
		if p := checkQuery(r.URL.RawQuery, queryNames); p != nil {
			problem.Write(w, r, p)
			return
		}
		if hasBody && r.ContentLength != 0 && !isJSON(r.Header.Get("Content-Type")) {
			problem.Write(w, r, problem.New(http.StatusUnsupportedMediaType, "", "the request body must be "+contentType))
			return
		}
		serve(humago.NewContext(op, r, w))
	})
}

// ServeHTTP implements huma.Adapter.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.version.router.ServeHTTP(w, r) }
