package middleware

import (
	"net/http"

	"github.com/acme/billing-api/internal/problem"
)

// ClientCert refuses requests without a verified client certificate, if one is required. The listener verifies the
// certificates that clients present but asks for none, because the platform's probes have none. Probes are exempt here.
func ClientCert(required bool) Layer {
	if !required {
		return Layer{}
	}
	return newLayer("client_cert", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		verified := r.TLS != nil && len(r.TLS.VerifiedChains) > 0
		if !verified && !exchangeFrom(r.Context()).route.Probe {
			problem.Write(w, r, problem.New(http.StatusForbidden, problem.CodeClientCertificateRequired,
				"this service requires a client certificate that it trusts"))
			return
		}
		next.ServeHTTP(w, r)
	})
}
