package httpapi

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"example.com/acme/sample-service/internal/problem"
)

// checkRequest checks what huma does not: the whole query, and the headers that describe the body.
func checkRequest(r *http.Request, op *huma.Operation) *problem.Problem {
	if p := checkQuery(r.URL.RawQuery, op); p != nil {
		return p
	}
	if op.RequestBody == nil || r.ContentLength == 0 {
		return nil
	}
	switch {
	case !isJSON(joined(r.Header, "Content-Type")):
		return problem.New(http.StatusUnsupportedMediaType, "", "the request body must be "+contentType)
	case !isIdentity(joined(r.Header, "Content-Encoding")):
		return problem.New(http.StatusUnsupportedMediaType, "", "the request body must not be compressed")
	case joined(r.Header, "Content-Range") != "":
		return problem.New(http.StatusBadRequest, "", "partial updates are not supported") // RFC 9110 14.5
	}
	return nil
}

// checkQuery refuses unknown, repeated and empty parameters: a misspelled filter must not select everything.
func checkQuery(query string, op *huma.Operation) *problem.Problem {
	values, err := url.ParseQuery(query)
	if err != nil {
		return invalidField("query", "is malformed")
	}
	for name, v := range values {
		known := slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
		switch {
		case !known:
			return invalidField("query", "contains an unknown parameter")
		case len(v) > 1:
			return invalidField("query."+name, "must not be repeated")
		case v[0] == "":
			return invalidField("query."+name, "must not be empty")
		}
	}
	return nil
}

// isJSON reports whether a Content-Type is JSON in UTF-8. A missing Content-Type is not: a web page of another origin
// could then send requests without a CORS preflight.
func isJSON(header string) bool {
	mediaType, params, err := mime.ParseMediaType(header)
	if err != nil || mediaType != contentType {
		return false
	}
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}

func isIdentity(contentEncoding string) bool {
	return contentEncoding == "" || strings.EqualFold(contentEncoding, "identity")
}

// joined returns all lines of a header field as one list, as RFC 9110 5.3 defines them.
func joined(h http.Header, name string) string { return strings.Join(h.Values(name), ", ") }

// humaContext is huma.Context. Embedded by its own name, the field Context would hide the method Context.
type humaContext = huma.Context

// joinedHeaders is a context of huma that reads all lines of a header field, not only the first.
type joinedHeaders struct {
	humaContext
	header http.Header
}

// Header implements huma.Context.
func (c joinedHeaders) Header(name string) string { return joined(c.header, name) }

// Unwrap lets humago.Unwrap find its own context.
func (c joinedHeaders) Unwrap() huma.Context { return c.humaContext }
