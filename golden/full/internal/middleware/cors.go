package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"
)

// CORSConfig is the section cors of the settings: which pages of other origins may call the service from a browser.
type CORSConfig struct {
	AllowedOrigins   []string      `yaml:"allowed_origins" doc:"Origins such as https://app.example.com. Empty allows none; * allows all and is refused in production."`
	AllowedMethods   []string      `yaml:"allowed_methods" default:"GET,HEAD,POST,PUT,PATCH,DELETE" doc:"Methods that those pages may use."`
	AllowedHeaders   []string      `yaml:"allowed_headers" default:"authorization,content-type,if-match,if-none-match,x-request-id,x-correlation-id,x-client-id" doc:"Request headers that those pages may send."`
	ExposedHeaders   []string      `yaml:"exposed_headers" default:"etag,link,location,retry-after,x-request-id,x-correlation-id" doc:"Response headers that those pages may read."`
	AllowCredentials bool          `yaml:"allow_credentials" default:"false" doc:"Let browsers send cookies and client certificates. Not together with *."`
	MaxAge           time.Duration `yaml:"max_age" default:"10m" doc:"How long a browser may remember the answer to a preflight."`
}

const anyOrigin = "*"

// Permissive reports whether pages of any origin, or any headers, are allowed.
func (c CORSConfig) Permissive() bool {
	return slices.Contains(c.AllowedOrigins, anyOrigin) || slices.Contains(c.AllowedHeaders, anyOrigin)
}

// Validate reports every value that cannot be honoured. Nothing is ignored: a misspelt origin that is quietly dropped,
// or read as a wildcard, shows only when it hurts.
func (c CORSConfig) Validate() error {
	var errs []error
	for _, origin := range c.AllowedOrigins {
		if err := checkOrigin(origin); err != nil {
			errs = append(errs, fmt.Errorf("cors.allowed_origins: %w", err))
		}
	}
	for _, method := range c.AllowedMethods {
		if knownMethod(method) != method || method == http.MethodConnect || method == http.MethodTrace {
			errs = append(errs, fmt.Errorf("cors.allowed_methods: %q is no method that a page may use", method))
		}
	}
	for key, names := range map[string][]string{"allowed_headers": c.AllowedHeaders, "exposed_headers": c.ExposedHeaders} {
		for _, name := range names {
			if !headerName(name) && (name != anyOrigin || key != "allowed_headers") {
				errs = append(errs, fmt.Errorf("cors.%s: %q is no header name", key, name))
			}
		}
	}
	if c.AllowCredentials && c.Permissive() {
		errs = append(errs, errors.New("cors.allow_credentials: must be false when * is allowed"))
	}
	if c.MaxAge < 0 || c.MaxAge > 24*time.Hour {
		errs = append(errs, fmt.Errorf("cors.max_age: %s is not between 0s and 24h", c.MaxAge))
	}
	return errors.Join(errs...)
}

// checkOrigin accepts * and exactly what a browser puts into the header Origin.
func checkOrigin(origin string) error {
	if origin == anyOrigin {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Contains(origin, "*") ||
		origin != u.Scheme+"://"+u.Host || origin != strings.ToLower(origin) {
		return fmt.Errorf("%q is no origin such as https://app.example.com", origin)
	}
	return nil
}

// headerName accepts letters, digits, hyphens and underscores: every name in use has this form.
func headerName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return s != ""
}

// CORS answers preflights, before any layer further in could ask for credentials that browsers never send with them,
// and lets the pages of the allowed origins read responses.
func CORS(cfg CORSConfig) Layer {
	opts := cors.Options{
		AllowedOrigins:   cfg.AllowedOrigins,
		AllowedMethods:   cfg.AllowedMethods,
		AllowedHeaders:   cfg.AllowedHeaders,
		ExposedHeaders:   cfg.ExposedHeaders,
		AllowCredentials: cfg.AllowCredentials,
		MaxAge:           int(cfg.MaxAge.Seconds()),
	}
	// The library reads each empty list as a permissive default. Here it means what it says.
	if len(cfg.AllowedOrigins) == 0 || len(cfg.AllowedMethods) == 0 {
		opts.AllowOriginFunc = func(string) bool { return false }
	}
	if len(cfg.AllowedHeaders) == 0 {
		opts.AllowedHeaders = []string{"accept"} // which browsers may send in any case
	}
	if opts.MaxAge == 0 {
		opts.MaxAge = -1 // 0 would leave it to the browser
	}
	handler := cors.New(opts)
	return Layer{
		Name: "cors",
		Attrs: []slog.Attr{
			slog.Any("origins", cfg.AllowedOrigins),
			slog.Bool("credentials", cfg.AllowCredentials),
		},
		Wrap: handler.Handler,
	}
}
