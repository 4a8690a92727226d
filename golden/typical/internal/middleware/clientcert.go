package middleware

import (
	"net/http"

	"git.example.org/shop/orders/v2/internal/problem"
)

// ClientCert refuses requests without a verified client certificate, if one is required: that is, if the listener has an
// authority for them. The TLS layer only verifies a certificate that is given, because the platform's probes have none:
// exactly those routes are served without.
func ClientCert(required bool) Layer {
	if !required {
		return Layer{}
	}
	return Layer{
		Name: "client_cert",
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				verified := r.TLS != nil && len(r.TLS.VerifiedChains) > 0
				if !verified && !RouteFrom(r.Context()).Probe {
					problem.Write(w, r, problem.New(http.StatusForbidden, problem.CodeClientCertificateRequired,
						"this service accepts only callers with a client certificate that it trusts"))
					return
				}
				next.ServeHTTP(w, r)
			})
		},
	}
}
