package directory

import (
	"net/http"

	"github.com/acme/billing-api/internal/request"
)

// passOn gives each call the ids of the request that it is made for, so that the
// logs of both services can be read as one.
type passOn struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t passOn) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := request.From(r.Context())
	r = r.Clone(r.Context()) // a RoundTripper leaves the request as it is
	for name, id := range map[string]string{
		request.HeaderRequestID:     rec.ID,
		request.HeaderCorrelationID: rec.CorrelationID,
		request.HeaderClientID:      rec.ClientID,
	} {
		if id != "" {
			r.Header.Set(name, id)
		}
	}
	return t.next.RoundTrip(r)
}
