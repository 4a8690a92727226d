package middleware

import (
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"

	"github.com/acme/billing-api/internal/setting"
)

// CORSConfig says which web pages of other origins may call the service from a browser.
type CORSConfig struct {
	AllowedOrigins   []string      `yaml:"allowed_origins" doc:"Origins that may call the API, such as https://app.example.com. Empty allows none; * allows all, which production refuses without a waiver."`
	AllowedMethods   []string      `yaml:"allowed_methods" default:"GET,HEAD,POST,PUT,PATCH,DELETE" doc:"Methods that these origins may use."`
	AllowedHeaders   []string      `yaml:"allowed_headers" default:"authorization,content-type,if-match,if-none-match,x-request-id,x-correlation-id,x-client-id" doc:"Request headers that these origins may send."`
	ExposedHeaders   []string      `yaml:"exposed_headers" default:"deprecation,etag,link,location,retry-after,sunset,x-request-id,x-correlation-id" doc:"Response headers that scripts of these origins may read."`
	AllowCredentials bool          `yaml:"allow_credentials" default:"false" doc:"Allow browsers to send cookies and client certificates. Cannot be combined with *."`
	MaxAge           time.Duration `yaml:"max_age" default:"10m" doc:"How long a browser may cache the response to a preflight request."`
}

const anyOrigin = "*"

// Permissive reports whether pages of any origin, or any headers, are allowed.
func (c CORSConfig) Permissive() bool {
	return slices.Contains(c.AllowedOrigins, anyOrigin) || slices.Contains(c.AllowedHeaders, anyOrigin)
}

// headerName matches every header name in use.
var headerName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Validate checks the settings.
func (c CORSConfig) Validate() setting.Errors {
	var errs setting.Errors
	for _, origin := range c.AllowedOrigins {
		errs.AddIf(!validOrigin(origin), "allowed_origins", "%q is not an origin such as https://app.example.com", origin)
	}
	for _, method := range c.AllowedMethods {
		unusable := knownMethod(method) != method || method == http.MethodConnect || method == http.MethodTrace
		errs.AddIf(unusable, "allowed_methods", "%q is not a method that a page may use", method)
	}
	for _, name := range c.AllowedHeaders {
		errs.AddIf(!headerName.MatchString(name) && name != anyOrigin, "allowed_headers", "%q is not a header name", name)
	}
	for _, name := range c.ExposedHeaders {
		errs.AddIf(!headerName.MatchString(name), "exposed_headers", "%q is not a header name", name)
	}
	errs.AddIf(c.AllowCredentials && c.Permissive(), "allow_credentials", "must be false when * is allowed")
	errs.AddIf(c.MaxAge < 0 || c.MaxAge > 24*time.Hour, "max_age", "%s is not between 0s and 24h", c.MaxAge)
	return errs
}

// validOrigin accepts * and what a browser sends in the header Origin. The library would take
// anything else as a wildcard or ignore it.
func validOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return origin == anyOrigin || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		!strings.Contains(origin, "*") && origin == strings.ToLower(u.Scheme+"://"+u.Host)
}

// CORS answers preflight requests, and lets pages of the allowed origins read responses. It must be
// outside of authentication, because browsers send preflights without credentials.
func CORS(cfg CORSConfig) Layer {
	// The library treats an empty list as "allow all". Here it allows nothing.
	if len(cfg.AllowedOrigins) == 0 || len(cfg.AllowedMethods) == 0 {
		return Layer{}
	}
	opts := cors.Options{
		AllowedOrigins:   cfg.AllowedOrigins,
		AllowedMethods:   cfg.AllowedMethods,
		AllowedHeaders:   cfg.AllowedHeaders,
		ExposedHeaders:   cfg.ExposedHeaders,
		AllowCredentials: cfg.AllowCredentials,
		MaxAge:           int(cfg.MaxAge.Seconds()),
	}
	if len(cfg.AllowedHeaders) == 0 {
		opts.AllowedHeaders = []string{"accept"} // which browsers send anyway
	}
	if opts.MaxAge == 0 {
		opts.MaxAge = -1 // 0 leaves it to the browser
	}
	attrs := []slog.Attr{slog.Any("origins", cfg.AllowedOrigins), slog.Bool("credentials", cfg.AllowCredentials)}
	return Layer{Name: "cors", Attrs: attrs, Wrap: cors.New(opts).Handler}
}
