package middleware

import (
	"log/slog"
	"net/http"

	"github.com/acme/billing-api/internal/problem"
)

// minCompressed is the size below which compression costs more than it saves: such a response fits into one packet.
const minCompressed = 1024

// Compress encodes responses with the coding that the caller likes best. Left as they are: small responses, types that
// are compressed already, streams of events and RPC, parts of a resource, and what must not be transformed.
func Compress(cfg CompressionConfig) Layer {
	if !cfg.Enabled {
		return Layer{}
	}
	pools := new(encoderPools)
	// Shared by all responses: nobody changes the values of a header in place.
	vary, varyWithOrigin := []string{"Accept-Encoding"}, []string{"Accept-Encoding, Origin"}
	return Layer{
		Name:  "compress",
		Attrs: []slog.Attr{slog.Any("codings", codingNames), slog.Int("min_bytes", minCompressed)},
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				switch others := h["Vary"]; {
				case len(others) == 0:
					h["Vary"] = vary
				case len(others) == 1 && others[0] == "Origin": // what the CORS layer leaves
					h["Vary"] = varyWithOrigin
				default:
					h["Vary"] = append(others, vary...)
				}
				choice := negotiate(r.Header["Accept-Encoding"])
				switch {
				case choice.coding != identity:
					compressed(pools, choice, next, w, r)
				case choice.identityRefused:
					// Refused before the handler has done anything.
					problem.Write(w, r, problem.New(http.StatusNotAcceptable, "",
						"no coding of the Accept-Encoding header can be produced"))
				default:
					next.ServeHTTP(w, r)
				}
			})
		},
	}
}

func compressed(pools *encoderPools, choice choice, next http.Handler, w http.ResponseWriter, r *http.Request) {
	cw := &compressWriter{ResponseWriter: w, pools: pools, choice: choice}
	complete := false
	defer func() { cw.finish(complete) }()
	next.ServeHTTP(cw, r)
	complete = true
}
